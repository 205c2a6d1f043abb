"""The golden histories: recorded events, the decisions they lead to, and a page for a clinician.

    python -m tests.golden.rewrite              tell the difference, write expected.jsonl and README.md anew
    python -m tests.golden.rewrite --check      tell the difference, write nothing, exit 1 if there is one
    python -m tests.golden.rewrite --record     also record the events anew from the simulator (rarely right:
                                                a history is kept as it was, so that old and new judgement compare)

Read the difference as a clinician before committing it, and name it in CHANGELOG.md under "Clinical".
"""

import argparse
import difflib
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import load_rulebook_in_force
from blinwatch.commands.replay import replay_decisions
from blinwatch.core.advice_outputs import DoseAdviceGiven, InteractionChecked
from blinwatch.core.decisions import (
    AlertTransition,
    AttributionRecorded,
    Decision,
    GradeAssigned,
    InputNote,
    PatientStatus,
)
from blinwatch.deliver.canonical_json import to_bytes, to_plain
from blinwatch.receive.event_log import read_events, topic_of, write_events
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.stories import STORIES
from blinwatch.simulate.ticks import with_ticks
from blinwatch.simulate.ward import Sending

FOLDER = Path(__file__).resolve().parent
SITE_PROTOCOL = "site-protocol.yaml"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
SEED = 1
MONITOR_INTERVAL_S = 7 * 60
"""A single artefact leaves 14 minutes without a value: not yet silence (15 min)."""
PUMP_INTERVAL_S = 14 * 60
"""Just often enough not to count as lost (15 min), so that a history stays small."""
LATE = "late-and-duplicated-events-change-nothing"
LATE_INTERVAL_S = 4 * 60
"""With lateness up to 8 minutes the last value known is up to 12 minutes old: not yet silence."""
TICK_INTERVAL_S = 300
HOURS = {
    "crs-grade-1-to-3-tocilizumab-hides-the-fever": 46.0,
    "uneventful-step-to-the-full-dose": 30.0,
    "crs-grade-4-two-vasopressors-then-ventilation": 36.0,
    LATE: 12.0,
    "restart-after-five-hours-without-premedication": 34.0,
    "flush-at-a-bag-change": 30.0,
    "shock-without-fever-under-premedication": 30.0,
    "icans-grade-1-to-3-infusion-stopped-in-time": 48.0,
    "child-with-two-seizures": 24.0,
    "neutropenic-fever-then-liver-enzymes-above-five-times-normal": 40.0,
    "tumour-lysis-on-day-2": 30.0,
    "heart-and-breathing-rise-hours-before-the-fever": 18.0,
}
HOURS_OTHERWISE = 16.0


@dataclass(frozen=True, slots=True)
class History:
    """One folder: a clinical sentence."""

    name: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def expected(self) -> Path:
        return self.folder / "expected.jsonl"

    @property
    def readme(self) -> Path:
        return self.folder / "README.md"

    @property
    def rulebook(self) -> Rulebook:
        """As published, or with the site protocol that lies beside the events."""
        site = self.folder / SITE_PROTOCOL
        return load_rulebook_in_force(site if site.exists() else None)


def histories() -> list[History]:
    """Every recorded history, in the order of names."""
    return [History(path.parent.name) for path in sorted(FOLDER.glob("*/events.jsonl"))]


def record(history: History) -> None:
    """Tell the story of this name anew into its events.jsonl."""
    late = history.name == LATE
    setting = StorySetting(
        seed=SEED,
        patient_id="golden",
        start=START,
        rulebook=load_rulebook(),
        ward="haematology",
        duration_h=HOURS.get(history.name, HOURS_OTHERWISE),
        monitor_interval_s=LATE_INTERVAL_S if late else MONITOR_INTERVAL_S,
        pump_interval_s=LATE_INTERVAL_S if late else PUMP_INTERVAL_S,
    )
    history.folder.mkdir(exist_ok=True)
    told = (Sending(offset_s, topic_of(event), event) for offset_s, event in STORIES[history.name].tell(setting))
    if late:
        # Only here does time matter while nothing arrives: everywhere else events carry it.
        told = with_ticks(told, START, partitions=1, interval_s=TICK_INTERVAL_S)
    with history.events.open("wb") as file:
        write_events(file, (sending.event for sending in told))


def judged(history: History) -> list[Decision]:
    """What the judgement decides on the recorded events."""
    return list(replay_decisions(read_events(history.events), history.rulebook))


def kept(decisions: Iterable[Decision]) -> list[Decision]:
    """What a history keeps: every decision, and of the board's status, told each minute, only the last."""
    last: PatientStatus | None = None
    chosen: list[Decision] = []
    for decision in decisions:
        if isinstance(decision, PatientStatus):
            last = decision
        else:
            chosen.append(decision)
    return chosen if last is None else [*chosen, last]


DIGEST = b"(the digest of the rulebook in force)"
"""Stands in expected.jsonl for the digest, which every edit of a comment in the data changes."""


def expected_bytes(decisions: list[Decision], rulebook: Rulebook) -> bytes:
    """The text of expected.jsonl."""
    text = b"".join(to_bytes(to_plain(decision)) + b"\n" for decision in kept(decisions))
    return text.replace(rulebook.digest.encode(), DIGEST)


def page(history: History, decisions: list[Decision]) -> str:
    """The text of README.md: the story, and what was told when."""
    story = STORIES[history.name]
    lines = [
        f"# {_title(history.name)}",
        "",
        story.summary,
        "",
        f"**To be told:** {story.expects}",
        "",
        "Hours count from the first event. Written by `python -m tests.golden.rewrite`.",
        "",
        "| h:min | what | priority | code | in words |",
        "|---|---|---|---|---|",
    ]
    lines += [row for decision in decisions if (row := _row(decision))]
    return "\n".join(lines) + "\n"


def _title(name: str) -> str:
    words = name.replace("-", " ").replace("crs", "CRS").replace("icans", "ICANS")
    return words[0].upper() + words[1:]


def _row(decision: Decision) -> str | None:
    if isinstance(decision, PatientStatus):
        return None
    minutes = round((decision.occurred_at - START).total_seconds() / 60)
    when = f"{minutes // 60}:{minutes % 60:02d}"
    if isinstance(decision, AlertTransition):
        alert = decision.alert
        late = " (late)" if decision.late else ""
        return f"| {when} | alert {decision.transition}{late} | {alert.priority} | {alert.code} | {alert.summary} |"
    if isinstance(decision, GradeAssigned):
        flags = f" [{', '.join(decision.flags)}]" if decision.flags else ""
        return f"| {when} | grade | | {decision.code}{flags} | {' '.join(decision.because)} |"
    if isinstance(decision, DoseAdviceGiven):
        advice = decision.advice
        if advice is None:
            return f"| {when} | label advice | | – | nothing is advised any more |"
        rests_on = "" if advice.grade is None else f" [{advice.scale} grade {advice.grade}]"
        return f"| {when} | label advice | | {advice.code}{rests_on} | {' '.join(advice.because)} |"
    if isinstance(decision, InteractionChecked):
        because = " ".join(one.because for one in decision.answer.findings)
        return f"| {when} | interaction question | | {decision.answer.headline} | {because} |"
    if isinstance(decision, AttributionRecorded):
        sign = decision.attribution
        return f"| {when} | attribution | | {sign.sign} | {sign.cause}, by {sign.by}: {sign.reason} |"
    assert isinstance(decision, InputNote)
    return f"| {when} | note | | {decision.note} | {decision.detail} |"


def _difference(history: History, name: str, old: str, new: str) -> list[str]:
    label = f"{history.name}/{name}"
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), label, label, lineterm="", n=1))


def _spread(lines: str) -> str:
    """One field a line, so that a difference shows the field and not the whole decision."""
    return "\n".join(json.dumps(json.loads(line), indent=1, ensure_ascii=False) for line in lines.splitlines())


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden.rewrite")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything differs")
    parser.add_argument("--record", action="store_true", help="record the events anew from the simulator")
    parser.add_argument("names", nargs="*", help="only these histories")
    wanted = parser.parse_args()
    if wanted.record and not wanted.check:
        for name in wanted.names or STORIES:
            record(History(name))
    differences: list[str] = []
    for history in histories():
        if wanted.names and history.name not in wanted.names:
            continue
        decisions = judged(history)
        expected, readme = expected_bytes(decisions, history.rulebook).decode("utf-8"), page(history, decisions)
        differences += _difference(history, "README.md", _read(history.readme), readme)
        differences += _difference(history, "expected.jsonl", _spread(_read(history.expected)), _spread(expected))
        if not wanted.check:
            history.expected.write_text(expected, encoding="utf-8")
            history.readme.write_text(readme, encoding="utf-8")
    print("\n".join(differences) or "No history differs.")  # noqa: T201 - this is a command
    return 1 if differences and wanted.check else 0


if __name__ == "__main__":
    sys.exit(main())
