#!/usr/bin/env python3
"""From every rule to its data, its code and the tests that show it: writes docs/safety/traceability.md.

    tools/traceability.py          rewrites the page
    tools/traceability.py check    ends with 1 where the page is not what the project says, or a cell is empty

A rule's code and tests are the files that name it, singly (`CRS-6`) or in a range (`CRS-1 to CRS-12`); its cases are
the rows of the case tables that were written for it; its stories are the golden histories whose decisions cite it.
"""

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/safety/traceability.md"
RULES_PAGE = ROOT / "docs/clinical/rules.md"
CORE, DATA = "service/blinwatch/core", "service/blinwatch/clinical"
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "SECTION-0": ("section 0", "0"),
    "SECTION-G": ("section G", "G"),
    "OBS_OVERDUE": ("OBS_OVERDUE",),
    "ARTEFACT": ("ARTEFACT",),
    "DRUG-CODES": ("RxNorm",),
    "AE-FN": ("febrile_neutropenia",),
    "AE-PHOENIX": ("phoenix",),
    "AE-NEWS2": ("news2",),
    "AE-PEWS": ("pews",),
    "AE-TLS": ("tumour_lysis",),
    "AE-LIVER": ("adverse_events/liver", "adverse_events.liver", "judge_liver"),
    "AE-ANC": ("adverse_events.neutropenia", "adverse_events/neutropenia", "judge_neutropenia"),
    "AE-PANC": ("pancreatitis",),
    "AE-IECHS": ("iec_hs",),
    "AE-LEAK": ("capillary_leak",),
    "AE-DIC": ("adverse_events.dic", "judge_dic"),
    "CTCAE-CRS": ("ctcae.cytokine_release", "cytokine_release"),
    "CTCAE-NEURO": ("ctcae.nervous_system", "nervous_system"),
}
"""What a rule is called in code beside its id: rules of sections 0, F and G have no number in the reference."""
_ID = re.compile(r"\b([A-Z]+)-(\d+)(?: to (?:\1-)?(\d+))?\b")
_ROW = re.compile(r"^\| \[([^\]]+)\]\(([^)]+)\) \| ([^|]+) \|")


def main() -> int:
    """Write the page, or look whether it is still true."""
    page, empty = render()
    if sys.argv[1:] != ["check"]:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page, encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}")  # noqa: T201
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        print("docs/safety/traceability.md is not what the project says: run tools/traceability.py", file=sys.stderr)  # noqa: T201
        return 1
    for where in empty:
        print(f"an empty cell: {where}", file=sys.stderr)  # noqa: T201
    return 1 if empty else 0


def render() -> tuple[str, list[str]]:
    """The page, and every cell of it that is empty."""
    code, data, tests = (_naming(_files(*where)) for where in ((CORE, "py"), (DATA, "yaml"), ("tests", "py")))
    stories, cases = _stories(), _cases()
    lines = [
        "# From each rule to its data, code and tests",
        "",
        "<!-- Written by tools/traceability.py: change the project, not this page. -->",
        "",
        "A row for every rule of the rule reference and every rule of our own.",
        "*Data*: the clinical files that cite it. *Code*: the files of `service/blinwatch/core` that name it.",
        "*Shown by*: rows of the case tables written for it, test files that name it, golden histories whose",
        "decisions cite it. A test fails where a cell is empty or this page is old.",
        "",
        "| Rule | About | Data | Code | Shown by |",
        "|---|---|---|---|---|",
    ]
    empty: list[str] = []
    for rule, link, about in _rules():
        names = OTHER_NAMES.get(rule, ())
        cells = [
            _listed(_named(data, rule, ()), DATA),
            _listed(_named(code, rule, names), CORE),
            _shown(cases[rule], _listed(_named(tests, rule, names), "tests"), stories[rule]),
        ]
        empty += [f"{rule}: {name}" for name, cell in zip(("data", "code", "shown by"), cells, strict=True) if not cell]
        lines.append(f"| [{rule}](../clinical/{link}) | {about} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""]), empty


def _rules() -> Iterable[tuple[str, str, str]]:
    for line in RULES_PAGE.read_text(encoding="utf-8").splitlines():
        if found := _ROW.match(line):
            yield found[1], found[2], found[3]


def _files(folder: str, ending: str) -> dict[str, str]:
    paths = sorted((ROOT / folder).rglob(f"*.{ending}"))
    return {path.relative_to(ROOT / folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _naming(files: Mapping[str, str]) -> dict[str, tuple[set[str], str]]:
    return {name: (ids_in(text), f"{name}\n{text}") for name, text in files.items()}


def ids_in(text: str) -> set[str]:
    """Every rule id of a text, those in ranges too."""
    found: set[str] = set()
    for family, first, last in _ID.findall(text):
        found.update(f"{family}-{number}" for number in range(int(first), int(last or first) + 1))
    return found


def _named(files: Mapping[str, tuple[set[str], str]], rule: str, names: Iterable[str]) -> list[str]:
    called = names if _ID.fullmatch(rule) else (rule, *names)
    return [file for file, (ids, text) in files.items() if rule in ids or any(name in text for name in called)]


def _cases() -> Counter[str]:
    counted: Counter[str] = Counter()
    ours = {name: rule for rule, names in OTHER_NAMES.items() for name in names}
    for path in (ROOT / "tests/cases").glob("*_cases.csv"):
        with path.open(encoding="utf-8", newline="") as rows:
            counted.update(ours.get(row["rule"], row["rule"]) for row in csv.DictReader(rows))
    return counted


def _stories() -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for folder in sorted(path for path in (ROOT / "tests/golden").iterdir() if path.is_dir()):
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("expected*"))]
        for rule in sorted({rule for text in texts for rule in ids_in(text)}):
            found[rule].append(folder.name)
    return found


def _listed(files: list[str], folder: str) -> str:
    """Links to a few files; the rest is counted, because a page that lists everything shows nothing."""
    most = 4
    links = [f"[{name}](../../{folder}/{name})" for name in files[:most]]
    return ", ".join(links) + (f" and {len(files) - most} more" if len(files) > most else "")


def _shown(cases: int, tests: str, stories: list[str]) -> str:
    parts = [f"{cases} cases" if cases else "", tests]
    if stories:
        parts.append(f"{len(stories)} golden histories, such as {stories[0]}")
    return "; ".join(part for part in parts if part)


if __name__ == "__main__":
    sys.exit(main())
