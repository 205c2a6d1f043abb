"""Which drug is this? Names, ATC and RxNorm codes to the classes that CRS grading asks for.

What:      how names are compared; membership of a drug in a class, the canonical name of a vasopressor or inotrope,
           and the kind of masking drug (CRS-4, CRS-5) a dose is.
Source:    clinical/drugs.yaml; rule reference section 0 (vasopressor spellings) and section E (codes).
Inputs:    the name as charted, and the RxNorm and ATC code where the sender gives them.
Caveats:   a code that matches settles it; so does a name. A drug is never excluded by a code that does not
           match: senders mistype codes, and a missed masking drug hides a CRS. Routes are the caller's to
           judge. A name counts inside a longer one only as whole words ("desmopressin" is not vasopressin).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Literal
from unicodedata import combining, normalize

from blinwatch.clinical.drug_rules import DrugClass, DrugRules

MaskingDrug = Literal["antipyretic", "steroid", "tocilizumab", "siltuximab", "anakinra"]
"""The kinds of drug that hide a fever (CRS-4, CRS-5)."""
Drugs = DrugClass | Mapping[str, DrugClass] | Mapping[str, Mapping[str, DrugClass]]
"""A class, or several by canonical name or by kind."""
NAMES_CACHED = 4096
"""More spellings than a hospital's formulary has drugs; the same few are asked again and again."""
LONGEST_NAME_WORDS = 6
"""No known name has more words ("measles mumps and rubella vaccine" has five)."""
JOINED_FROM_LETTERS = 6
"""Words of a longer text are read as one name only from this length on: "as a" must not become "asa"."""


def folded(name: str) -> str:
    """A name in lower case and without accents: "Métamizole" -> metamizole."""
    if name.isascii():
        return name.lower()
    return "".join(letter for letter in normalize("NFKD", name).casefold() if not combining(letter))


@lru_cache(maxsize=NAMES_CACHED)
def compact(name: str) -> str:
    """A name as it is compared: lower case, letters and digits only, no accents."""
    return "".join(letter for letter in folded(name) if letter.isalnum())


@lru_cache(maxsize=NAMES_CACHED)
def words(name: str) -> tuple[str, ...]:
    """The words of a charted name: "Norepinephrine 8mg/250 mL" -> norepinephrine, 8, mg, 250, ml."""
    spaced: list[str] = []
    previous = " "
    for letter in folded(name):
        if not letter.isalnum():
            letter = " "  # noqa: PLW2901 - the letter as it is read
        elif previous != " " and letter.isdigit() != previous.isdigit():
            spaced.append(" ")
        spaced.append(letter)
        previous = letter
    return tuple("".join(spaced).split())


def readings(name: str) -> Iterator[tuple[int, int, str, str]]:
    """Every run of words that may be a known name: first word, word after the last, the run spaced, the run joined.

    Longer runs come first, so that "nor-epinephrine" is read as one name before "epinephrine" is. A run is also
    given joined where that is safe: for the whole text, and from `JOINED_FROM_LETTERS` letters on; else "".
    """
    parts = words(name)
    count = len(parts)
    whole = "".join(parts)
    if count > LONGEST_NAME_WORDS:
        yield 0, count, " ".join(parts), whole
    for length in range(min(count, LONGEST_NAME_WORDS), 0, -1):
        for first in range(count - length + 1):
            run = parts[first : first + length]
            joined = "".join(run)
            safe = length == count or len(joined) >= JOINED_FROM_LETTERS
            yield first, first + length, " ".join(run), joined if safe else ""


@lru_cache(maxsize=NAMES_CACHED)
def _said(drug: str) -> frozenset[str]:
    """Everything that a charted text can be read as."""
    return frozenset(reading for _, _, *both in readings(drug) for reading in both if reading)


@lru_cache(maxsize=NAMES_CACHED)
def _known(names: tuple[str, ...]) -> frozenset[str]:
    """Known names in both forms that `readings` gives."""
    return frozenset({" ".join(words(one)) for one in names} | {compact(one) for one in names})


def belongs_to(drug_class: Drugs, drug: str | None, rxnorm: str | None = None, atc: str | None = None) -> bool:
    """Whether a drug is of the class (or of one of several), by any of its name, RxNorm ingredient or ATC code.

    A name inside a longer text counts where it stands as whole words.
    """
    if isinstance(drug_class, Mapping):
        return any(
            belongs_to(one, drug, rxnorm, atc) or (drug is not None and not _said(drug).isdisjoint(_known((name,))))
            for name, one in drug_class.items()
        )
    if rxnorm is not None and rxnorm.strip() in drug_class.rxnorm:
        return True
    if atc is not None and compact(atc).upper().startswith(drug_class.atc):
        return True
    return drug is not None and not _said(drug).isdisjoint(_known(drug_class.names))


def masking_drug(
    drug: str | None, rules: DrugRules, rxnorm: str | None = None, atc: str | None = None
) -> MaskingDrug | None:
    """The kind of masking drug this is, or None."""
    kinds: tuple[tuple[MaskingDrug, Drugs], ...] = (
        ("tocilizumab", rules.tocilizumab),
        ("siltuximab", rules.siltuximab),
        ("anakinra", rules.anakinra),
        ("steroid", rules.corticosteroid),
        ("antipyretic", rules.antipyretic),
    )
    for kind, drug_class in kinds:
        if belongs_to(drug_class, drug, rxnorm, atc):
            return kind
    return None


def _member(classes: Mapping[str, DrugClass], drug: str | None, rxnorm: str | None, atc: str | None) -> str | None:
    if drug in classes and rxnorm is None and atc is None:
        return drug  # the live state asks by canonical name, at every observation
    for canonical, drug_class in classes.items():
        if belongs_to(drug_class, drug, rxnorm, atc):
            return canonical
    return None


def vasopressor(drug: str | None, rules: DrugRules, rxnorm: str | None = None, atc: str | None = None) -> str | None:
    """The canonical vasopressor that a drug is ("adrenaline" -> "epinephrine"), or None."""
    return _member(rules.vasopressor, drug, rxnorm, atc)


def inotrope(drug: str | None, rules: DrugRules, rxnorm: str | None = None, atc: str | None = None) -> str | None:
    """The canonical inotrope that a drug is, or None."""
    return _member(rules.inotrope, drug, rxnorm, atc)


def sort_vasoactives(agents: Iterable[str], rules: DrugRules) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Charted vasoactive agents as distinct vasopressors and distinct inotropes, each in alphabetical order.

    An agent that nobody knows counts as a vasopressor of its own (CRS-7), under its compact name.
    """
    pressors: set[str] = set()
    inotropes: set[str] = set()
    for agent in agents:
        if (known := vasopressor(agent, rules)) is not None:
            pressors.add(known)
        elif (known := inotrope(agent, rules)) is not None:
            inotropes.add(known)
        elif unknown := compact(agent):
            pressors.add(unknown)
    return tuple(sorted(pressors)), tuple(sorted(inotropes))
