#!/usr/bin/env python3
"""Mutation testing of the core: change one thing in the judgement, run the tests that reach it, see whether one fails.

What:      one mutant at a time: a comparison turned or moved over its boundary, a number changed by one, `and` for
           `or`, a `not` dropped, `+` for `-`, a condition always true or never, a returned value dropped, a set flag
           turned. Docstrings, annotations, assertions and raised messages are left alone.
How:       every mutant runs in a copy of the tree under a temporary folder, so the working tree is never touched.
           Which tests reach a line is read from a coverage file with contexts, if one is given; otherwise the tests
           of the mutated file's own package and the stories through `step` are run.
Why ours:  mutmut and cosmic-ray run the whole suite, or copy and import the tree, for each mutant; with this suite
           that is minutes a mutant instead of seconds.
Usage:     tools/mutate.py --sample 200 --seed 1            a sample, spread over all files of the core
           tools/mutate.py --all                            every mutant; see docs/reference/mutation-testing.md
           tools/mutate.py --list --files 'icans/*'         what would be changed
"""

import argparse
import ast
import importlib
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = Path("service/blinwatch/core")
COPIED = ("service", "tests", "schemas", "docs", "deploy", "benchmarks", "pyproject.toml", "README.md", "CHANGELOG.md")
TIMEOUT_S = 240
"""A mutant whose tests take longer has an endless loop: killed. The slowest honest selection takes about a minute."""
CONTEXTS_MOST = 40
"""Tests of one mutant: those of the fewest-lines files first; more find hardly anything that these do not."""
PRELOADED = ("hypothesis.strategies", "orjson", "pydantic", "yaml", "blinwatch.clinical.load_rulebook")
"""Libraries, and the rulebook's loader: nothing of the core."""
STORIES = ("tests/core/test_step.py", "tests/core/test_time_order.py", "tests/test_golden.py", "tests/cases")
"""What every part of the core is reached by."""
SLOW = {"test_step_fuzz", "test_properties", "test_chart_properties", "test_state_size", "test_steady"}
SLOW_OF_PACKAGES = ("adverse_events/test_judge.py", "interactions/test_properties.py")
"""Too slow to ask of every mutant; they find what the others have missed."""
PARTS = {
    "icans": "icans",
    "dose": "dose_advice",
    "interaction": "interactions",
    "adverse_event": "adverse_events",
    "infusion": "infusion",
    "drug": "interactions",
    "live_facts": "adverse_events",
    "examination": "dose_advice",
    "unit": "infusion",
}
"""A word in the name of a file at the core's top level, and the folder whose tests know that domain."""

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """One change: in which file, at which node (by its number in the walk), which variant, and in words."""

    file: str
    node: int
    variant: int
    line: int
    change: str


def skipped_nodes(tree: ast.AST) -> set[int]:
    """Ids of nodes whose change would mean nothing: docstrings, annotations, messages, type aliases, decorators."""
    skipped: set[int] = set()

    def skip(node: ast.AST | None) -> None:
        if node is not None:
            skipped.update(id(one) for one in ast.walk(node))

    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skip(node)
        elif isinstance(node, ast.AnnAssign):
            skip(node.annotation)
        elif isinstance(node, ast.arg):
            skip(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            skip(node.returns)
            for decorator in node.decorator_list:
                skip(decorator)
        elif isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                skip(decorator)
        elif isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
            skip(node)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in TYPE_NAMES:
            skip(node.slice)
        elif isinstance(node, ast.JoinedStr):
            # The words of a sentence are reviewed by people; what is put into it is still changed elsewhere.
            skip(node)
    return skipped


TYPE_NAMES = {"Literal", "Annotated", "dict", "list", "tuple", "set", "Callable", "ClassVar"}


def variants_of(node: ast.AST) -> list[tuple[str, ast.AST]]:
    """Every change of one node, in words and as the new node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return [
            (f"{ast.unparse(node)}  ->  {ast.unparse(new)}", new)
            for kind in COMPARISONS.get(type(node.ops[0]), ())
            for new in (ast.Compare(left=node.left, ops=[kind()], comparators=node.comparators),)
        ]
    if isinstance(node, ast.Compare):
        found: list[tuple[str, ast.AST]] = []
        for place, op in enumerate(node.ops):
            for kind in COMPARISONS.get(type(op), ())[:1]:
                ops = [*node.ops[:place], kind(), *node.ops[place + 1 :]]
                new = ast.Compare(left=node.left, ops=ops, comparators=node.comparators)
                found.append((f"{ast.unparse(node)}  ->  {ast.unparse(new)}", new))
        return found
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        new = ast.BoolOp(op=other, values=node.values)
        return [(f"{ast.unparse(node)}  ->  {ast.unparse(new)}", new)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [(f"{ast.unparse(node)}  ->  {ast.unparse(node.operand)}", node.operand)]
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        new = ast.BinOp(left=node.left, op=ARITHMETIC[type(node.op)](), right=node.right)
        return [(f"{ast.unparse(node)}  ->  {ast.unparse(new)}", new)]
    if isinstance(node, ast.Constant):
        return [(f"{node.value!r}  ->  {value!r}", ast.Constant(value)) for value in _other_values(node.value)]
    if isinstance(node, ast.If | ast.IfExp):
        return [(f"if {ast.unparse(node.test)}  ->  if {value}", _with_test(node, value)) for value in (True, False)]
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        return [(f"{ast.unparse(node)}  ->  return None", ast.Return(ast.Constant(None)))]
    return []


def _other_values(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, float):
        return [value * 1.01 + 0.001]
    if isinstance(value, str) and value.isidentifier() and value == value.upper() and len(value) > 1:
        return [f"{value}_X"]
    return []


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _with_test(node: "ast.If | ast.IfExp", value: bool) -> ast.AST:  # noqa: FBT001 - the test's new value
    if isinstance(node, ast.IfExp):
        return ast.IfExp(test=ast.Constant(value), body=node.body, orelse=node.orelse)
    return ast.If(test=ast.Constant(value), body=node.body, orelse=node.orelse)


def mutants_of(file: Path) -> list[Mutant]:
    """Every mutant of one source file."""
    tree = ast.parse((ROOT / file).read_text())
    skipped = skipped_nodes(tree)
    return [
        Mutant(str(file), number, variant, getattr(node, "lineno", 0), " ".join(words.split())[:160])
        for number, node in enumerate(ast.walk(tree))
        if id(node) not in skipped
        for variant, (words, _) in enumerate(variants_of(node))
    ]


def mutated_source(source: str, mutant: Mutant) -> str:
    """The file with the one change in it."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    old = nodes[mutant.node]
    new = ast.copy_location(variants_of(old)[mutant.variant][1], old)

    class Swap(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else self.generic_visit(node)

    return ast.unparse(ast.fix_missing_locations(Swap().visit(tree)))


# --- which tests -----------------------------------------------------------------------------------------------------


class TestMap:
    """Which tests reach a line, by a coverage file with contexts; and, without one, which belong to a package."""

    def __init__(self, coverage_file: Path | None) -> None:
        self._reached: dict[str, dict[int, set[str]]] = {}
        self._durations: dict[str, float] = {}
        if coverage_file is not None:
            self._read(coverage_file)

    def _read(self, coverage_file: Path) -> None:
        base = sqlite3.connect(coverage_file)
        contexts = {number: name.split("|")[0] for number, name in base.execute("select id, context from context")}
        files = dict(base.execute("select id, path from file"))
        for file_id, context_id, first, second in base.execute("select file_id, context_id, fromno, tono from arc"):
            name = contexts[context_id]
            if not name:
                continue
            marker = str(CORE) + "/"
            path = files[file_id]
            relative = path[path.index(marker) :]
            lines = self._reached.setdefault(relative, {})
            for line in (abs(first), abs(second)):
                lines.setdefault(line, set()).add(name)

    def tests_for(self, mutant: Mutant) -> list[str]:
        """pytest arguments, most telling first."""
        reached = self._reached.get(mutant.file, {})
        names = reached.get(mutant.line, set())
        if not self._reached:
            return by_package(mutant.file)
        package = Path(mutant.file).parent.name
        stem = Path(mutant.file).stem

        def rank(name: str) -> tuple[int, int, str]:
            file = name.partition("::")[0]
            if stem in file:
                near = 0
            elif f"/{package}/" in file and package != "core":
                near = 1
            else:
                near = 3 if "oracle" in file or "fuzz" in file or "properties" in file else 2
            return near, len(name), name

        functions = {name.partition("[")[0] for name in names}
        return sorted(functions, key=rank)[:CONTEXTS_MOST]


def by_package(file: str) -> list[str]:
    """The mutated file's own tests first, then those of its package, then the stories through `step`."""
    package, stem = Path(file).parent.name, Path(file).stem
    tests = Path("tests/core")
    own = [str(one.relative_to(ROOT)) for one in sorted((ROOT / tests).rglob(f"test_*{stem}*.py"))]
    if package != "core":
        rest = [str(one.relative_to(ROOT)) for one in sorted((ROOT / tests / package).glob("test_*.py"))]
        rest = [one for one in rest if not one.endswith(SLOW_OF_PACKAGES)]
        return list(dict.fromkeys([*own, *rest, *STORIES]))
    whole = [str(one.relative_to(ROOT)) for one in sorted((ROOT / tests).glob("test_*.py")) if one.stem not in SLOW]
    parts = [str(tests / name) for part, name in PARTS.items() if part in stem]
    return list(dict.fromkeys([*own, *parts, *whole, *STORIES]))


# --- running ---------------------------------------------------------------------------------------------------------


def make_copy(place: Path) -> Path:
    """A copy of the tree to change at will."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
        elif source.exists():
            shutil.copy2(source, place / name)
    return place


def preload(copy: Path) -> None:
    """Import once what no mutant changes: each mutant's process is forked from this one, and starts with it loaded."""
    os.chdir(copy)
    sys.path[:0] = [str(copy / "service"), str(copy)]
    sys.dont_write_bytecode = True
    os.environ.update(ORACLE_EXAMPLES="500", PYTHONDONTWRITEBYTECODE="1")
    for name in PRELOADED:
        importlib.import_module(name)
    # A failing example is enough; shrinking it would take minutes.
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    hypothesis.settings.register_profile(
        "mutation",
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=40,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def run_mutant(copy: Path, mutant: Mutant, tests: list[str]) -> tuple[str, float]:
    """killed, survived, timeout or unreached; and how long it took in seconds."""
    if not tests:
        return "unreached", 0.0
    path = copy / mutant.file
    source = path.read_text()
    started = time.monotonic()
    try:
        path.write_text(mutated_source(source, mutant))
        child = os.fork()
        if child == 0:
            _run_tests(tests)
        outcome = _wait_for(child, started + TIMEOUT_S)
    finally:
        path.write_text(source)
    return outcome, time.monotonic() - started


def _run_tests(tests: list[str]) -> NoReturn:
    """In the mutant's own process: run its tests quietly, and end with pytest's exit code."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cov"]
    os._exit(int(pytest.main([*options, *tests])))


def _wait_for(child: int, until: float) -> str:
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code == pytest.ExitCode.OK:
                return "survived"
            # 1: a test failed; 2 and 4: the mutated module cannot even be imported, by a test or its conftest.
            return "killed" if code in (1, 2, 4) else f"error {code}"
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def spread(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """A sample that takes from every file in turn, so that no file is left out."""
    rng = random.Random(seed)  # noqa: S311 - a reproducible sample
    by_file: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_file[mutant.file].append(mutant)
    for many in by_file.values():
        rng.shuffle(many)
    # Every file's share follows its size: each mutant's place is its rank within its file's own length.
    placed = [(rank + rng.random()) / len(many) for many in by_file.values() for rank in range(len(many))]
    ordered = [one for many in by_file.values() for one in many]
    return [mutant for _, mutant in sorted(zip(placed, ordered, strict=True), key=lambda pair: pair[0])][:size]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=100, help="how many mutants (default 100)")
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", default="**/*.py", help="which files of the core, e.g. 'icans/*.py'")
    parser.add_argument("--coverage", type=Path, help="coverage file with contexts (make mutation writes one)")
    parser.add_argument("--for-minutes", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many of the sample's first (go on later)")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument("--report", type=Path, help="write one JSON line a mutant here")
    return parser.parse_args()


def main() -> int:
    """Run the sample and print what survived; exit 1 if less than nine of ten were killed."""
    said = parse_arguments()
    files = sorted(path.relative_to(ROOT) for path in (ROOT / CORE).glob(said.files) if path.name != "__init__.py")
    every = [mutant for file in files for mutant in mutants_of(file)]
    chosen = every if said.all else spread(every, said.sample + said.skip, said.seed)
    chosen = chosen[said.skip :]
    print(f"{len(every)} mutants in {len(files)} files; {len(chosen)} to run", flush=True)
    if said.list:
        for mutant in chosen:
            print(f"{mutant.file}:{mutant.line}: {mutant.change}")
        return 0
    test_map = TestMap(said.coverage)
    until = time.monotonic() + said.for_minutes * 60
    counts: dict[str, int] = defaultdict(int)
    report = None if said.report is None else said.report.resolve()
    with tempfile.TemporaryDirectory(prefix="mutate-") as place:
        copy = make_copy(Path(place))
        preload(copy)
        for mutant in chosen:
            if time.monotonic() > until:
                break
            outcome, took_s = run_mutant(copy, mutant, test_map.tests_for(mutant))
            counts[outcome] += 1
            if report is not None:
                with report.open("a") as lines:
                    lines.write(json.dumps({**asdict(mutant), "outcome": outcome, "took_s": round(took_s, 1)}) + "\n")
            if outcome not in ("killed", "timeout"):
                print(f"{outcome}: {mutant.file}:{mutant.line}: {mutant.change}", flush=True)
        os.chdir(ROOT)
    total = sum(counts.values())
    dead = counts["killed"] + counts["timeout"]
    print(f"{dead} of {total} killed ({dead / max(1, total):.1%}); {dict(counts)}")
    return 0 if dead >= 0.9 * total else 1


if __name__ == "__main__":
    sys.exit(main())
