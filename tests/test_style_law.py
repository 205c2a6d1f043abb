"""The style law of CONTRIBUTING.md, enforced: what ruff and pyright cannot see is checked here.

Each rule is a function from one parsed file to its offences, so that the rule itself can be tested: it must
find the fault planted in a small text and stay silent about the same text done right.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = "service/blinwatch/core/"
FUNCTION_LINES_MOST = 60
"""What fits on one screen together with the table it implements."""
FILE_LINES_MOST = 400
"""One subject can be read in one sitting; a longer file has two subjects."""
LINE_LENGTH_MOST = 120

Rule = Callable[[str, str, ast.Module], Iterator[str]]

IMPURE_CALLS = {
    "breakpoint",
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "input",
    "open",
    "print",
    "time.monotonic",
    "time.perf_counter",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid1",
    "uuid4",
}
LOG_METHODS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "bind", "msg"}
LOGGER_NAMES = {"log", "logger", "logging", "structlog", "_log", "_logger"}
QUANTITIES = {
    "age",
    "deadline",
    "delay",
    "dose",
    "duration",
    "elapsed",
    "gap",
    "height",
    "interval",
    "latency",
    "pressure",
    "rate",
    "temperature",
    "timeout",
    "volume",
    "weight",
}
UNITS = {
    "b", "bpm", "bytes", "c", "cm", "count", "d", "day", "days", "f", "factor", "fraction", "g", "h", "hours",
    "kg", "kib", "kpa", "l", "lb", "m2", "mcg", "mg", "min", "minutes", "ml", "mmhg", "mmol", "ms", "ns",
    "pct", "ratio", "s", "seconds", "speed", "times", "us", "year", "years",
}  # fmt: skip
"""A name with a quantity in it says its unit somewhere: `rate_ml_h`, `dose_due_mcg_day`, `gaps_24h_min`."""
LIBRARY_METHODS = {"_getmany"}
"""Methods that take the place of a library's; their parameters keep the library's names."""


@cache
def _python_files() -> tuple[tuple[str, str, ast.Module], ...]:
    """Path from the root, text and syntax tree of every file; read once for all rules."""
    found: list[tuple[str, str, ast.Module]] = []
    for folder in ("service", "tests", "benchmarks"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            found.append((file.relative_to(ROOT).as_posix(), text, ast.parse(text, str(file))))
    return tuple(found)


def _dotted(node: ast.AST) -> str:
    """`a.b.c` as text, or "" for anything that is not a plain chain of names."""
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return node.id if isinstance(node, ast.Name) else ""


def functions_fit_on_a_screen(path: str, _text: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MOST:
                yield f"{path}:{node.lineno} {node.name} has {length} lines, at most {FUNCTION_LINES_MOST}"


def files_and_lines_are_short(path: str, text: str, _tree: ast.Module) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) > FILE_LINES_MOST:
        yield f"{path} has {len(lines)} lines, at most {FILE_LINES_MOST}"
    for number, line in enumerate(lines, start=1):
        # A suppression has to stand on the line it is about; it does not count.
        if len(re.sub(r"\s*# (noqa|pyright):.*$", "", line)) > LINE_LENGTH_MOST:
            yield f"{path}:{number} has {len(line)} characters, at most {LINE_LENGTH_MOST}"


def no_error_is_swallowed(path: str, _text: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            kind = _dotted(node.type) if node.type else ""
            last = node.body[-1]
            if isinstance(last, ast.Raise) and last.exc is None:
                continue  # tidies up and lets the error go on
            silent = all(isinstance(line, ast.Pass) for line in node.body)
            if node.type is None or kind == "BaseException" or (kind == "Exception" and silent):
                yield f"{path}:{node.lineno} catches everything; name the errors that are expected"


def core_is_pure(path: str, _text: str, tree: ast.Module) -> Iterator[str]:
    if not path.startswith(CORE):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _dotted(node.func)
            if any(name == call or name.endswith("." + call) for call in IMPURE_CALLS):
                yield f"{path}:{node.lineno} calls {name}; time and everything else must come in as an event"
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield f"{path}:{node.lineno} keeps hidden state; the state goes through step"


def _mentions_patient(node: ast.AST) -> bool:
    return any(
        (isinstance(part, ast.Name) and "patient_id" in part.id)
        or (isinstance(part, ast.Attribute) and "patient_id" in part.attr)
        or (isinstance(part, ast.keyword) and part.arg is not None and "patient" in part.arg)
        for part in ast.walk(node)
    )


def patients_stay_out_of_logs_labels_and_errors(path: str, _text: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = _dotted(node.func.value).rsplit(".", 1)[-1]
            told = node.func.attr in LOG_METHODS and owner in LOGGER_NAMES
            if (told or node.func.attr == "labels") and _mentions_patient(node):
                yield f"{path}:{node.lineno} puts a patient identifier into a log line or a metric label"
        elif isinstance(node, ast.Raise) and node.exc is not None and _mentions_patient(node.exc):
            yield f"{path}:{node.lineno} puts a patient identifier into an error text"


def _annotated_names(tree: ast.Module) -> Iterator[tuple[int, str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.lineno, node.target.id, node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in LIBRARY_METHODS:
            for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if parameter.annotation is not None:
                    yield parameter.lineno, parameter.arg, parameter.annotation


def quantities_say_their_unit(path: str, _text: str, tree: ast.Module) -> Iterator[str]:
    for line, name, annotation in _annotated_names(tree):
        words = set(name.lower().strip("_").split("_"))
        number = re.match(r"^(Annotated\[)?(float|int)\b(?!\])", ast.unparse(annotation))
        if number and words & QUANTITIES and not words & UNITS:
            yield f"{path}:{line} {name} is a quantity without a unit in its name"


RULES: tuple[Rule, ...] = (
    functions_fit_on_a_screen,
    files_and_lines_are_short,
    no_error_is_swallowed,
    core_is_pure,
    patients_stay_out_of_logs_labels_and_errors,
    quantities_say_their_unit,
)
SERVICE_ONLY = {patients_stay_out_of_logs_labels_and_errors, quantities_say_their_unit}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_file_obeys(rule: Rule) -> None:
    offences: list[str] = []
    for path, text, tree in _python_files():
        if rule not in SERVICE_ONLY or path.startswith("service/"):
            offences += rule(path, text, tree)
    assert not offences, "\n".join(offences)


def _lines(count: int) -> str:
    return "def long() -> None:\n" + "    call()\n" * (count - 1)


BROKEN_AND_MENDED: list[tuple[Rule, str, str]] = [
    (functions_fit_on_a_screen, _lines(FUNCTION_LINES_MOST + 1), _lines(FUNCTION_LINES_MOST)),
    (files_and_lines_are_short, "x = 1\n" * (FILE_LINES_MOST + 1), "x = 1\n" * FILE_LINES_MOST),
    (files_and_lines_are_short, "#" * (LINE_LENGTH_MOST + 1), "#" * LINE_LENGTH_MOST),
    (files_and_lines_are_short, "#" * LINE_LENGTH_MOST + "#", "#" * LINE_LENGTH_MOST + "  # noqa: S104 - why"),
    (no_error_is_swallowed, "try:\n  f()\nexcept:\n  stop()", "try:\n  f()\nexcept OSError:\n  stop()"),
    (
        no_error_is_swallowed,
        "try:\n  f()\nexcept Exception:\n  pass",
        "try:\n  f()\nexcept Exception:\n  stop()",
    ),
    (
        no_error_is_swallowed,
        "try:\n  f()\nexcept BaseException:\n  stop()",
        "try:\n  f()\nexcept BaseException:\n  stop()\n  raise",
    ),
    (core_is_pure, "import datetime\nnow = datetime.datetime.now()", "now = event.occurred_at"),
    (core_is_pure, "import time\nnow = time.time()", "now = state.clock_ms"),
    (core_is_pure, "from uuid import uuid4\nname = uuid4()", "name = alert_name(patient, rule, episode)"),
    (core_is_pure, "print(grade)", "decisions.append(grade)"),
    (core_is_pure, "def f():\n    global seen\n    seen = 1", "def f(seen):\n    return seen + 1"),
    (
        patients_stay_out_of_logs_labels_and_errors,
        "log.info('stepped', patient_id=event.patient_id)",
        "log.info('stepped', partition=3)",
    ),
    (
        patients_stay_out_of_logs_labels_and_errors,
        "alerts.labels(rule, event.patient_id).inc()",
        "alerts.labels(rule).inc()",
    ),
    (
        patients_stay_out_of_logs_labels_and_errors,
        "raise ValueError(f'no state for {event.patient_id}')",
        "raise ValueError(f'no state at offset {offset}')",
    ),
    (quantities_say_their_unit, "def f(rate: float): ...", "def f(rate_ml_h: float): ..."),
    (quantities_say_their_unit, "timeout: int | None = None", "timeout_s: int | None = None"),
    (quantities_say_their_unit, "gap: Annotated[float, Within(0, 1)]", "gap_kind: str"),
]


@pytest.mark.parametrize("rule,broken,mended", BROKEN_AND_MENDED)
def test_each_rule_finds_its_fault_and_only_that(rule: Rule, broken: str, mended: str) -> None:
    path = CORE + "example.py"
    assert list(rule(path, broken, ast.parse(broken)))
    assert not list(rule(path, mended, ast.parse(mended)))


def test_the_purity_rule_is_for_core_alone() -> None:
    text = "print('progress')"
    assert not list(core_is_pure("service/blinwatch/commands/demo.py", text, ast.parse(text)))
