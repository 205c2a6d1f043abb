"""What another version of blinwatch decides otherwise about the same recorded histories.

    tools/decision_diff.py REVISION [HISTORY.jsonl ...]

Replays every golden history (or those named) with the code of REVISION and with the code that is checked out, and
prints each decision that only one of them makes, and each field that differs. Ends with 0 when both decide alike, with
1 when not. A change of a rule is reviewed by this list: it says what a ward would notice, in the ward's own words.
Times of decisions and their texts count; the rulebook's version and digest, which name the version itself, do not.
"""

# ruff: noqa: INP001, S603, S607, T201 - a tool for developers: it runs this repository's own code and git, and prints
import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NAMES_THE_VERSION = frozenset({"rulebook_version", "rulebook_digest", "schema_version"})
Decisions = dict[tuple[str, str], dict[str, Any]]
"""Type and decision id to the decision."""


class CannotReplayError(Exception):
    """A version does not replay a history; the message holds what it said."""


def replayed(source: Path, history: Path) -> Decisions:
    """What the code in a folder decides about a history, in its order."""
    environment = {**os.environ, "PYTHONPATH": str(source / "service")}
    words = [sys.executable, "-m", "blinwatch.cli", "replay", "--no-status", str(history)]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=source)
    if ended.returncode:
        raise CannotReplayError(f"{source} does not replay {history.name}:\n{ended.stderr[-2000:]}")
    documents: list[dict[str, Any]] = [json.loads(line) for line in ended.stdout.splitlines()]
    return {(one["type"], one["decision_id"]): one for one in documents}


def differences(before: Decisions, after: Decisions) -> Iterator[str]:
    """Lines for people; none when both are alike."""
    for place, decision in before.items():
        if place not in after:
            yield f"- {_told(decision)}"
    for place, decision in after.items():
        if place not in before:
            yield f"+ {_told(decision)}"
        else:
            changed = list(_changed(before[place], decision))
            if changed:
                yield f"~ {_told(decision)}"
                yield from changed


def _told(decision: Mapping[str, Any]) -> str:
    alert = decision.get("alert") or {}
    what = decision.get("code") or alert.get("code") or decision.get("headline") or decision.get("action") or ""
    return " ".join(str(one) for one in (decision["occurred_at"], decision["type"], what) if one)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any], at: str = "") -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name in NAMES_THE_VERSION or before.get(name) == after.get(name):
            continue
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _changed(old, new, f"{at}{name}.")
        else:
            yield f"    {at}{name}: {json.dumps(old, ensure_ascii=False)} -> {json.dumps(new, ensure_ascii=False)}"


def compare(old: Path, histories: Sequence[Path]) -> int:
    """Print what differs between the code in `old` and the one checked out; how many histories differ."""
    differing = 0
    for history in histories:
        found = list(differences(replayed(old, history), replayed(ROOT, history)))
        if found:
            differing += 1
            print("\n".join([f"{history.parent.name}/{history.name}", *(f"  {line}" for line in found)]))
    return differing


def main() -> int:
    """Check the other version out beside this one, compare, and clean up."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("revision", help="a tag, branch or commit of this repository")
    options.add_argument("histories", nargs="*", type=Path, help="event logs; the golden ones when none is named")
    chosen = options.parse_args()
    histories = chosen.histories or sorted((ROOT / "tests" / "golden").glob("*/events.jsonl"))
    with tempfile.TemporaryDirectory() as scratch:
        old = Path(scratch) / "old"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", old, chosen.revision], cwd=ROOT, check=True)
        try:
            differing = compare(old, [history.resolve() for history in histories])
        except CannotReplayError as error:
            sys.exit(str(error))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", old], cwd=ROOT, check=True)
    print(f"{differing} of {len(histories)} histories are decided otherwise than by {chosen.revision}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
