#!/usr/bin/env python3
"""Mutation testing of the core: change one thing in the judgement, run the tests that reach it, see whether one fails.

What:      one mutant at a time: a comparison turned or moved over its boundary, a number changed by one, `and` for
           `or`, a `not` dropped, `+` for `-`, a condition always true or never, a returned value dropped, a set flag
           turned. Docstrings, annotations, assertions and raised messages are left alone.
How:       the tests are collected once; each mutant gets a fork of that process, in which the changed code is put into
           the functions that are loaded already. No file is written, so nobody who works in the tree is disturbed.
           Which tests reach a line is read from a coverage file with contexts, if one is given; otherwise the tests
           of the mutated file's own folder and the stories through `step` are run.
Left out:  code outside functions (limits of size, tables of names), which other modules hold by value.
Why ours:  mutmut and cosmic-ray start a new pytest for each mutant: with this suite several seconds before the first
           test runs, where a fork takes a tenth of that.
Usage:     tools/mutate.py --sample 200 --seed 1            a sample, spread over all files of the core
           tools/mutate.py --all                            every mutant; see docs/reference/mutation-testing.md
           tools/mutate.py --list --files 'icans/*'         what would be changed
"""

import argparse
import ast
import difflib
import functools
import importlib
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, NoReturn

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = Path("service/blinwatch/core")
TIMEOUT_S = 180
"""A mutant whose tests take longer is undecided and left out of the rate; an endless loop fails its test before."""
CONTEXTS_MOST = 150
"""Tests of one mutant: those of the fewest-lines files first; more find hardly anything that these do not."""
STORIES = ("tests/core/test_step.py", "tests/core/test_time_order.py", "tests/test_golden.py", "tests/cases")
"""What every part of the core is reached by."""
SLOW_TESTS = {
    "test_any_arrival_order_ends_in_the_same_judgement",
    "test_subscribers_who_hear_every_step_end_with_the_alerts_that_stand",
    "test_a_second_grading_written_from_the_tables_agrees",
    "test_every_case_comes_out_as_written",
    "test_the_judgement_does_not_depend_on_the_date",
    "test_time_passing_alone_always_comes_to_an_end",
    "test_any_valid_log_is_judged_and_every_deadline_lies_ahead",
    "test_the_same_log_gives_the_same_decisions",
    "test_freezing_and_thawing_anywhere_changes_nothing",
    "test_another_process_replays_the_same_bytes_with_every_status",
    "test_every_story_has_a_golden_history_and_every_history_its_expectation",
    "test_no_text_is_too_strange",
}
"""Left out where a coverage file tells which tests to run: more than ten seconds each while others work."""
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


def skipped_nodes(tree: ast.AST) -> set[int]:  # noqa: C901 - one line for each kind of node
    """Ids of nodes whose change would mean nothing: docstrings, annotations, messages, type aliases, decorators."""
    skipped: set[int] = set()

    def skip(node: ast.AST | None) -> None:
        if node is not None:
            skipped.update(id(one) for one in ast.walk(node))

    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skip(node)
        elif isinstance(node, ast.AnnAssign | ast.arg):
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


def outside_functions(tree: ast.AST) -> set[int]:
    """Ids of nodes outside any function: limits of size and names, which other modules hold by value."""
    inside = {id(one) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for one in ast.walk(node)}
    return {id(node) for node in ast.walk(tree) if id(node) not in inside}


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


def _other_values(value: object) -> list[bool | float | str]:
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


@functools.cache
def source_of(file: str) -> str:
    """A file of the core as it was when first asked for, whoever edits it meanwhile."""
    return (ROOT / file).read_text()


def mutants_of(file: Path) -> list[Mutant]:
    """Every mutant of one source file."""
    tree = ast.parse(source_of(str(file)))
    skipped = skipped_nodes(tree) | outside_functions(tree)
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


def _moved(before: str, after: str) -> dict[int, int]:
    """Line numbers of a file when it was measured to those of today; lines that are gone are left out."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return {
        block.a + offset + 1: block.b + offset + 1
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }


class TestMap:
    """Which tests reach a line, by a coverage file with contexts; and, without one, which belong to a package."""

    def __init__(self, coverage_file: Path | None) -> None:
        self._reached: dict[str, dict[int, set[str]]] = {}
        if coverage_file is not None:
            self._read(coverage_file)

    def _read(self, coverage_file: Path) -> None:
        base = sqlite3.connect(coverage_file)
        contexts = {number: name.split("|")[0] for number, name in base.execute("select id, context from context")}
        files = dict(base.execute("select id, path from file"))
        lines_now: dict[int, tuple[str, dict[int, int]]] = {}
        for file_id, path in files.items():
            relative = path[path.index(f"{CORE}/") :]
            if (ROOT / relative).exists():
                lines_now[file_id] = relative, _moved(Path(path).read_text(), source_of(relative))
        for file_id, context_id, first, second in base.execute("select file_id, context_id, fromno, tono from arc"):
            name = contexts[context_id]
            if not name or file_id not in lines_now:
                continue
            relative, now = lines_now[file_id]
            lines = self._reached.setdefault(relative, {})
            for line in (abs(first), abs(second)):
                if line in now:
                    lines.setdefault(now[line], set()).add(name)

    def tests_for(self, mutant: Mutant, known: Mapping[str, object]) -> list[str]:
        """Ids of test functions among the `known`, most telling first."""
        reached = self._reached.get(mutant.file)
        package, stem = Path(mutant.file).parent.name, Path(mutant.file).stem
        own_folder = package if package != "core" else PARTS.get(next((part for part in PARTS if part in stem), ""), "")

        def rank(name: str) -> tuple[int, str]:
            file = name.partition("::")[0]
            near = 0 if stem in file else 1 if own_folder and f"/{own_folder}/" in file else 2
            if package == "core" and any(word in file for word in ("test_step.py", "rare_paths", "through_step")):
                near = 1
            # What asks of many generated patients comes last: it takes longest.
            return near + 3 * any(word in file for word in ("propert", "steady", "time_order", "golden")), name

        if reached is None:
            names = {name for name in known if rank(name)[0] in (0, 1, 3, 4) or name.partition("::")[0] in STORIES}
        else:
            nearest = max((line for line in reached if line <= mutant.line), default=0)
            names = {name.partition("[")[0] for name in reached.get(nearest, set())} & known.keys()
            names |= {name for name in known if "test_rare_paths" in name or "test_fine_points" in name}
        told = [name for name in names if name.rpartition("::")[2] not in SLOW_TESTS]
        # Files of one rank take turns, so that one long file does not crowd out the others.
        turns: dict[str, int] = defaultdict(int)
        placed: list[tuple[int, int, str]] = []
        for name in sorted(told, key=rank):
            file = name.partition("::")[0]
            turns[file] += 1
            placed.append((rank(name)[0], turns[file], name))
        return [name for _, _, name in sorted(placed)][:CONTEXTS_MOST]


# --- running ---------------------------------------------------------------------------------------------------------


def preload() -> None:
    """Make what all mutants share: quick properties, one rulebook, the core and the tests from this tree."""
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT / "service"), str(ROOT)]
    os.environ.update(ORACLE_EXAMPLES="500", HYPOTHESIS_PROFILE="mutation")
    # A failing example is enough; shrinking it would take minutes.
    hypothesis.settings.register_profile(
        "mutation",
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=40,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    loader = importlib.import_module("blinwatch.clinical.load_rulebook")
    vars(loader)["load_rulebook"] = functools.cache(loader.load_rulebook)
    loader.load_rulebook()


def patch(mutant: Mutant) -> None:
    """Put the mutant's code into the functions of the module that is loaded: whoever imported them runs it."""
    path = Path(mutant.file)
    name = ".".join(path.relative_to("service").with_suffix("").parts)
    module = importlib.import_module(name)
    changed: dict[str, Any] = {"__name__": name, "__file__": str(ROOT / path)}
    exec(compile(mutated_source(source_of(mutant.file), mutant), str(ROOT / path), "exec"), changed)  # noqa: S102
    _take_code(vars(module), changed, name)


def _take_code(old: Mapping[str, Any], new: Mapping[str, Any], module: str) -> None:
    for key, value in old.items():
        other = new.get(key)
        value, other = getattr(value, "fget", value), getattr(other, "fget", other)  # noqa: PLW2901 - a property
        value, other = getattr(value, "__wrapped__", value), getattr(other, "__wrapped__", other)  # noqa: PLW2901
        if isinstance(value, FunctionType) and isinstance(other, FunctionType) and value.__module__ == module:
            value.__code__, value.__defaults__ = other.__code__, other.__defaults__
        elif isinstance(value, type) and isinstance(other, type) and value.__module__ == module:
            _take_code(vars(value), vars(other), module)


class Mutations:
    """A pytest plugin: after the tests are collected, each mutant gets a fork of this process and runs its tests."""

    def __init__(self, chosen: list[Mutant], tests: TestMap, until: float, report: Path | None) -> None:
        self._chosen = chosen
        self._tests = tests
        self._until = until
        self._report = report
        self._failed = False
        self._ids: dict[str, list[pytest.Item]] = defaultdict(list)
        self.counts: dict[str, int] = defaultdict(int)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember, in a mutant's process, that a test has failed."""
        self._failed = self._failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests once: run each mutant's."""
        for item in session.items:
            self._ids[item.nodeid.partition("[")[0]].append(item)
        for mutant in self._chosen:
            if time.monotonic() > self._until:
                break
            started = time.monotonic()
            outcome = self._judge(
                [item for name in self._tests.tests_for(mutant, self._ids) for item in self._ids[name]], mutant
            )
            self._tell(mutant, outcome, time.monotonic() - started)
        return True

    def _judge(self, items: list[pytest.Item], mutant: Mutant) -> str:
        if not items:
            return "unreached"
        child = os.fork()
        if child == 0:
            self._run(items, mutant)
        until = time.monotonic() + TIMEOUT_S
        while time.monotonic() < until:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return {0: "survived", 1: "killed"}.get(os.waitstatus_to_exitcode(status), "killed")
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "timeout"

    def _run(self, items: list[pytest.Item], mutant: Mutant) -> NoReturn:
        """In the mutant's own process: until the first test fails."""
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            patch(mutant)
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._failed:
                    os._exit(1)
        except BaseException:  # noqa: BLE001 - a mutant that cannot even be loaded is killed
            os._exit(1)
        os._exit(0)

    def _tell(self, mutant: Mutant, outcome: str, took_s: float) -> None:
        self.counts[outcome] += 1
        if self._report is not None:
            with self._report.open("a") as lines:
                lines.write(json.dumps({**asdict(mutant), "outcome": outcome, "took_s": round(took_s, 1)}) + "\n")
        if outcome != "killed":
            say(f"{outcome}: {mutant.file}:{mutant.line}: {mutant.change}")


def say(line: str) -> None:
    """Print at once, also where the output is a file."""
    print(line, flush=True)  # noqa: T201 - a command's own output


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


def not_killed(report: Path, every: list[Mutant]) -> list[Mutant]:
    """The mutants of an earlier report that no test had noticed, as far as they still exist."""
    told = [json.loads(line) for line in report.read_text().splitlines()]
    missed = {(one["file"], one["change"]) for one in told if one["outcome"] not in ("killed", "timeout")}
    return [mutant for mutant in every if (mutant.file, mutant.change) in missed]


def parse_arguments() -> argparse.Namespace:
    """What the caller asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=100, help="how many mutants (default 100)")
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", default="**/*.py", help="which files of the core, e.g. 'icans/*.py'")
    parser.add_argument("--coverage", type=Path, help="coverage file with contexts (make mutation writes one)")
    parser.add_argument("--for-minutes", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many of the sample's first (go on later)")
    parser.add_argument("--again", type=Path, help="only the mutants of this report that were not killed")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument("--report", type=Path, help="write one JSON line a mutant here")
    return parser.parse_args()


def main() -> int:
    """Run the sample and print what survived; exit 1 if less than nine of ten were killed."""
    said = parse_arguments()
    files = sorted(path.relative_to(ROOT) for path in (ROOT / CORE).glob(said.files) if path.name != "__init__.py")
    every = [mutant for file in files for mutant in mutants_of(file)]
    chosen = every if said.all else spread(every, said.sample + said.skip, said.seed)
    chosen = chosen[said.skip :] if said.again is None else not_killed(said.again, every)
    say(f"{len(every)} mutants in {len(files)} files; {len(chosen)} to run")
    if said.list:
        for mutant in chosen:
            say(f"{mutant.file}:{mutant.line}: {mutant.change}")
        return 0
    preload()
    until = time.monotonic() + said.for_minutes * 60
    report = None if said.report is None else said.report.resolve()
    plugin = Mutations(chosen, TestMap(said.coverage), until, report)
    options = [
        "-q",
        "-s",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:cov",
        "--timeout=30",
    ]
    pytest.main([*options, "tests/core", "tests/test_golden.py"], plugins=[plugin])
    counts = plugin.counts
    total = sum(counts.values())
    total -= counts["timeout"]
    dead = counts["killed"]
    say(f"{dead} of {total} killed ({dead / max(1, total):.1%}); {dict(counts)}")
    return 0 if dead >= 0.9 * total else 1


if __name__ == "__main__":
    sys.exit(main())
