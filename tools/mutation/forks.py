"""One process with all tests collected, and a fork of it for each mutant.

How:       in the fork the changed code is put into the functions that are loaded already, also into closures and
           lambdas that a table holds; then the tests run until one fails. No file is written.
First:     a test that is asked for the first time is run in a fork without any change: one that is red by itself would
           count every mutant as killed, so the run ends there.
"""

import functools
import gc
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FunctionType
from typing import Any, NoReturn

import hypothesis
import pytest

from mutation.changes import ROOT, Mutant, mutated_tree, source_of
from mutation.reach import TestMap, affordable

CPU_MOST_S = 90
"""Many times the budget: a mutant that takes longer goes round in a circle, and is noticed. CPU time, because on a
busy machine the clock on the wall would call a slow test a failed one."""
MEMORY_MOST_BYTES = 8 * 2**30
"""A circle that gathers something ends here."""
TIMEOUT_S = 1800
"""A mutant that waits for something for so long is undecided and counts as survived."""
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
        self._ids: dict[str, pytest.Item] = {}
        self.counts: dict[str, int] = defaultdict(int)
        self.red: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember, in a fork, that a test has failed."""
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests once: run each mutant's."""
        self._ids = {item.nodeid: item for item in session.items}
        for mutant in self._chosen:
            if time.monotonic() > self._until:
                break
            started = time.monotonic()
            names = self._green(self._tests.tests_for(mutant, self._ids))
            if self.red:
                break
            self._tell(mutant, self._judge([self._ids[name] for name in names], mutant), time.monotonic() - started)
        return True

    def _green(self, names: list[str]) -> list[str]:
        """The tests that the budget pays for; those not yet asked are run without any change first, and must pass."""
        with tempfile.NamedTemporaryFile("r", suffix=".json") as told:
            child = os.fork()
            if child == 0:
                _be_quiet()
                chosen = affordable(names, self._cost_unchanged)
                Path(told.name).write_text(json.dumps([chosen, self._cost_s, self._failed]))
                os._exit(0)
            with _ended_with_us(child):
                _, status = os.waitpid(child, 0)
            if os.waitstatus_to_exitcode(status) != 0:
                self.red = ["the run without any change broke off"]
                return []
            chosen, self._cost_s, self.red = json.loads(Path(told.name).read_text())
        return chosen

    def _cost_unchanged(self, name: str) -> float:
        """CPU seconds of a test; in a fork without any change it is run where nobody has yet."""
        if name not in self._cost_s:
            before_s = time.process_time()
            self._ids[name].ihook.pytest_runtest_protocol(item=self._ids[name], nextitem=None)
            self._cost_s[name] = time.process_time() - before_s
        return self._cost_s[name]

    def _judge(self, items: list[pytest.Item], mutant: Mutant) -> str:
        if not items:
            return "unreached"
        child = os.fork()
        if child == 0:
            self._run_changed(items, mutant)
        until = time.monotonic() + TIMEOUT_S
        with _ended_with_us(child):
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
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_MOST_S, CPU_MOST_S))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MOST_BYTES, MEMORY_MOST_BYTES))
        try:
            patch(mutant)
            for item, following in _in_turn(items):
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


def _in_turn(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    """Each test with the one after it, as pytest wants to be told."""
    return zip(items, [*items[1:], None], strict=True)


@contextmanager
def _ended_with_us(child: int) -> Iterator[None]:
    """Whoever stops the run stops the fork that it waits for, too."""
    try:
        yield
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise


def _be_quiet() -> None:
    """What a fork's tests print is nobody's answer."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)


def run_mutants(plugin: Mutations) -> None:
    """Collect the tests and run the plugin's mutants; RedBaselineError where the tests are red without a change."""
    options = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "--timeout=0"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    ended = pytest.main([*options, "tests/core", "tests/test_golden.py", "tests/cases"], plugins=[plugin])
    if not plugin.counts and ended not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RedBaselineError("The tests could not be collected or were stopped; see above. Nothing was measured.")
    if plugin.red:
        named = "\n".join(f"  {one}" for one in plugin.red[:TELL_RED_MOST])
        raise RedBaselineError(
            f"These tests fail without any change, so no change could be told from another. Mend them first; what was "
            f"counted until here holds, the share does not:\n{named}"
        )


def say(line: str) -> None:
    """Print at once, also where the output is a file."""
    print(line, flush=True)  # noqa: T201 - a command's own output
