"""Which drug is this? Names, ATC and RxNorm codes to the classes that CRS grading asks for.

What:      membership of a drug in a class, the canonical name of a vasopressor or inotrope, and the kind of
           masking drug (CRS-4, CRS-5) a dose is.
Source:    clinical/drugs.yaml; rule reference section 0 (vasopressor spellings) and section E (codes).
Inputs:    the name as charted, and the RxNorm and ATC code where the sender gives them.
Caveats:   a code that matches settles it; so does a name. A drug is never excluded by a code that does not
           match: senders mistype codes, and a missed masking drug hides a CRS. Routes are the caller's to
           judge.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from blinwatch.clinical.drug_rules import DrugClass, DrugRules

MaskingDrug = Literal["antipyretic", "steroid", "tocilizumab", "siltuximab", "anakinra"]
"""The kinds of drug that hide a fever (CRS-4, CRS-5)."""


def compact(name: str) -> str:
    """A name as it is compared: lower case, letters and digits only."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def words(name: str) -> tuple[str, ...]:
    """The words of a charted name: "Norepinephrine 8 mg/250 mL" -> norepinephrine, 8, mg, 250, ml."""
    return tuple("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())


def _names_it(name: str, known: tuple[str, ...]) -> bool:
    """Whether `name` is one of the known names, or contains one as whole words."""
    if name in known:
        return True
    whole = compact(name)
    spaced = f" {' '.join(words(name))} "
    return any(whole == compact(one) or f" {' '.join(words(one))} " in spaced for one in known)


def belongs_to(drug_class: DrugClass, drug: str | None, rxnorm: str | None = None, atc: str | None = None) -> bool:
    """Whether a drug is of the class, by any of its name, RxNorm ingredient code or ATC code."""
    if rxnorm is not None and rxnorm.strip() in drug_class.rxnorm:
        return True
    if atc is not None and compact(atc).upper().startswith(drug_class.atc):
        return True
    return drug is not None and _names_it(drug, drug_class.names)


def masking_drug(
    drug: str | None, rules: DrugRules, rxnorm: str | None = None, atc: str | None = None
) -> MaskingDrug | None:
    """The kind of masking drug this is, or None."""
    kinds: tuple[tuple[MaskingDrug, DrugClass], ...] = (
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
