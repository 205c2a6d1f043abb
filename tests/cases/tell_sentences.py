"""Every sentence that a case of the tables leads to, beside the number of cases that lead to it.

    python -m tests.cases.tell_sentences        write tests/cases/told/*.txt anew; read the difference before committing

Section F has no table: a ward of patients (section_f_patients.py) is told rule by rule.

The case tables fix codes and flags. What a nurse reads is the sentence: these files put all of them in front of a
reviewer once, and a change of wording, of a number or of the finding that speaks shows as a changed line.
"""

from collections import Counter
from pathlib import Path

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.commands.cases import judge
from blinwatch.receive.case_table import read_cases
from tests.cases.section_f_patients import told

FOLDER = Path(__file__).resolve().parent
SECTION_F = FOLDER / "told" / "section_f.txt"
TABLES = tuple(sorted(FOLDER.glob("*.csv")))


def told_file(table: Path) -> Path:
    """Where the sentences of a table stand."""
    return FOLDER / "told" / f"{table.stem}.txt"


def sentences(table: Path, rulebook: Rulebook) -> str:
    """The sentences of a table in alphabetical order, each after the number of cases that it explains."""
    counted = Counter(sentence for case in read_cases(table) for sentence in judge(case, rulebook).because)
    return "".join(f"{counted[sentence]:4d}  {sentence}\n" for sentence in sorted(counted))


def main() -> None:
    rulebook = load_rulebook()
    SECTION_F.write_text(told(rulebook), encoding="utf-8")
    for table in TABLES:
        told_file(table).write_text(sentences(table, rulebook), encoding="utf-8")


if __name__ == "__main__":
    main()
