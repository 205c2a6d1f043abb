"""One process with all tests collected, and a fork of it for each mutant.

How:       in the fork the changed code is put into the functions that are loaded already, also into closures and
           lambdas that a table holds; then the tests run until one fails. No file is written.
First:     one fork runs every test that will be asked, without any change: a test that is red by itself would count
           every mutant as killed, so nothing is measured then.
"""

import functools
import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from types import FunctionType
from typing import Any, NoReturn

import hypothesis
import pytest

from mutation.changes import ROOT, Mutant, mutated_tree, source_of
from mutation.reach import TestMap, affordable

TIMEOUT_S = 300
"""A mutant whose tests take longer is undecided and counts as survived; an endless loop fails its test long before."""
TELL_RED_MOST = 20
"""So many red tests are named: more of them have one cause."""


class RedBaselineError(Exception):
    """Tests fail although nothing was changed."""


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
    """Put the mutant's code into the functions of the module that are loaded: whoever holds them runs it."""
    path = Path(mutant.file)
    name = ".".join(path.relative_to("service").with_suffix("").parts)
    loaded = vars(importlib.import_module(name))
    changed: dict[str, Any] = {"__name__": name, "__file__": str(ROOT / path)}
    tree = mutated_tree(source_of(mutant.file), mutant)
    exec(compile(tree, str(ROOT / path), "exec"), changed)  # noqa: S102
    new = {_place(function): function for function in _functions_of(changed)}
    for function in _functions_of(loaded):
        other = new.get(_place(function))
        if other is not None:
            function.__code__ = other.__code__
            function.__defaults__, function.__kwdefaults__ = other.__defaults__, other.__kwdefaults__


def _functions_of(module: dict[str, Any]) -> list[FunctionType]:
    """Every function written in a module, wherever it is held: in a class, a table, a cache, a closure."""
    return [
        one
        for one in gc.get_objects()
        if isinstance(one, FunctionType)
        and one.__globals__ is module
        and one.__code__.co_filename == module["__file__"]
    ]


def _place(function: FunctionType) -> tuple[str, int]:
    """Where a function is defined: closures and lambdas of one name differ by their line."""
    return function.__code__.co_qualname, function.__code__.co_firstlineno


class Mutations:
    """A pytest plugin: after the tests are collected, each mutant gets a fork of this process and runs its tests."""

    def __init__(self, chosen: list[Mutant], tests: TestMap, until: float, report: Path | None) -> None:
        self._chosen = chosen
        self._tests = tests
        self._until = until
        self._report = report
        self._failed: list[str] = []
        self._cost_s: dict[str, float] = {}
        self._ids: dict[str, list[pytest.Item]] = defaultdict(list)
        self.counts: dict[str, int] = defaultdict(int)
        self.red: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember, in a fork, that a test has failed."""
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests once: run them unchanged, then each mutant's."""
        for item in session.items:
            self._ids[item.nodeid.partition("[")[0]].append(item)
        asked = [(mutant, self._tests.tests_for(mutant, self._ids)) for mutant in self._chosen]
        self.red = self._red_unchanged({name for _, names in asked for name in names})
        if self.red:
            return True
        for mutant, names in asked:
            if time.monotonic() > self._until:
                break
            started = time.monotonic()
            chosen = affordable(names, self._cost_s)
            outcome = self._judge([item for name in chosen for item in self._ids[name]], mutant)
            self._tell(mutant, outcome, time.monotonic() - started)
        return True

    def _red_unchanged(self, names: set[str]) -> list[str]:
        """The tests among those that will be asked that fail by themselves; notes what each costs."""
        say(f"{len(names)} test functions are run without any change first")
        with tempfile.NamedTemporaryFile("r", suffix=".json") as told:
            child = os.fork()
            if child == 0:
                _be_quiet()
                for name in sorted(names):
                    before_s = time.process_time()
                    _run_all(self._ids[name])
                    self._cost_s[name] = time.process_time() - before_s
                Path(told.name).write_text(json.dumps({"failed": self._failed, "cost_s": self._cost_s}))
                os._exit(0)
            _, status = os.waitpid(child, 0)
            if os.waitstatus_to_exitcode(status) != 0:
                return ["the run without any change broke off"]
            answer = json.loads(Path(told.name).read_text())
        self._cost_s = answer["cost_s"]
        say(f"they take {sum(self._cost_s.values()):.0f} s of CPU")
        return answer["failed"]

    def _judge(self, items: list[pytest.Item], mutant: Mutant) -> str:
        if not items:
            return "unreached"
        child = os.fork()
        if child == 0:
            self._run_changed(items, mutant)
        until = time.monotonic() + TIMEOUT_S
        while time.monotonic() < until:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return {0: "survived", 1: "killed"}.get(os.waitstatus_to_exitcode(status), "killed")
            time.sleep(0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "timeout"

    def _run_changed(self, items: list[pytest.Item], mutant: Mutant) -> NoReturn:
        """In the mutant's own process: until the first test fails."""
        _be_quiet()
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


def _run_all(items: list[pytest.Item]) -> None:
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)


def _be_quiet() -> None:
    """What a fork's tests print is nobody's answer."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)


def run_mutants(plugin: Mutations) -> None:
    """Collect the tests and run the plugin's mutants; RedBaselineError where the tests are red without a change."""
    options = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "--timeout=30"]
    ended = pytest.main([*options, "tests/core", "tests/test_golden.py"], plugins=[plugin])
    if not plugin.counts and ended not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RedBaselineError("The tests cannot be collected; see above. Nothing was measured.")
    if plugin.red:
        named = "\n".join(f"  {one}" for one in plugin.red[:TELL_RED_MOST])
        raise RedBaselineError(
            f"{len(plugin.red)} tests fail without any change, so no change could be told from another. "
            f"Mend them first; nothing was measured:\n{named}"
        )


def say(line: str) -> None:
    """Print at once, also where the output is a file."""
    print(line, flush=True)  # noqa: T201 - a command's own output
