"""Which tests are asked about a mutant: those that reach its line, most telling first."""

import difflib
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from mutation.changes import CORE, ROOT, Mutant, source_of

BUDGET_S = 15
"""CPU seconds of tests that one mutant may cost: it is a survivor when they are spent, so the slow tests of many
generated patients, which reach everything, are asked as long as there is room."""
SPENT_S = 0.05
"""With less than this left the budget is spent: one more test would cost more to look for than to run."""
STORIES = ("tests/core/test_step.py", "tests/core/test_time_order.py", "tests/test_golden.py", "tests/cases")
"""What every part of the core is reached by."""
SLOW_TESTS = {
    "test_any_arrival_order_ends_in_the_same_judgement",
    "test_subscribers_who_hear_every_step_end_with_the_alerts_that_stand",
    "test_a_second_grading_written_from_the_tables_agrees",
    "test_the_judgement_does_not_depend_on_the_date",
    "test_time_passing_alone_always_comes_to_an_end",
    "test_any_valid_log_is_judged_and_every_deadline_lies_ahead",
    "test_the_same_log_gives_the_same_decisions",
    "test_freezing_and_thawing_anywhere_changes_nothing",
    "test_another_process_replays_the_same_bytes_with_every_status",
    "test_every_story_has_a_golden_history_and_every_history_its_expectation",
    "test_no_text_is_too_strange",
}
"""Left out: more than ten seconds each while others work, on what other tests ask of smaller stories."""
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
        contexts = {number: name.rpartition("|")[0] for number, name in base.execute("select id, context from context")}
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
        """Ids of tests among the `known`, most telling first."""
        reached = self._reached.get(mutant.file)
        package, stem = Path(mutant.file).parent.name, Path(mutant.file).stem
        own_folder = package if package != "core" else PARTS.get(next((part for part in PARTS if part in stem), ""), "")

        def rank(name: str) -> tuple[int, str]:
            file = name.partition("::")[0]
            near = 0 if stem in file else 1 if own_folder and f"/{own_folder}/" in file else 2
            if package == "core" and any(word in file for word in ("test_step.py", "rare_paths", "through_step")):
                near = 1
            # What asks of many generated patients comes last: it takes longest.
            return near + 3 * any(word in file for word in ("propert", "steady", "time_order")), name

        if reached is None:
            names = {name for name in known if rank(name)[0] in (0, 1, 3, 4) or name.partition("::")[0] in STORIES}
        else:
            nearest = max((line for line in reached if line <= mutant.line), default=0)
            names = reached.get(nearest, set()) & known.keys()
        told = [name for name in names if name.partition("[")[0].rpartition("::")[2] not in SLOW_TESTS]
        # Files of one rank take turns, so that one long file does not crowd out the others.
        turns: dict[str, int] = defaultdict(int)
        placed: list[tuple[int, int, str]] = []
        for name in sorted(told, key=rank):
            file = name.partition("::")[0]
            turns[file] += 1
            placed.append((rank(name)[0], turns[file], name))
        return [name for _, _, name in sorted(placed)]


def affordable(names: Iterable[str], cost_of: Callable[[str], float]) -> list[str]:
    """The tests that the budget pays for, in their order; one that is too dear leaves its place to the next."""
    left_s, chosen = float(BUDGET_S), list[str]()
    for name in names:
        if left_s < SPENT_S:
            break
        cost_s = cost_of(name)
        if cost_s <= left_s:
            left_s -= cost_s
            chosen.append(name)
    return chosen
