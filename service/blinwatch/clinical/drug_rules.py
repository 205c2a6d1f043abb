"""Types of clinical/drugs.yaml: how drugs are recognised and which class they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrugClass:
    """A drug or class of drugs: names (lower case, synonyms and brands), ATC prefixes, RxNorm ingredient codes.

    Where it stands in a mapping, its key is one more name.
    """

    names: tuple[str, ...]
    atc: tuple[str, ...] = ()
    rxnorm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrugRules:
    """Each field is one row of the file.

    Compared and hashed by identity, so that the index of drug names is built once for each rulebook.
    """

    antipyretic: Mapping[str, Mapping[str, DrugClass]]
    """Kind (paracetamol, NSAID, metamizole ...) to its drugs by canonical name."""
    corticosteroid: Mapping[str, DrugClass]
    """Drugs by canonical name, as below."""
    tocilizumab: DrugClass
    siltuximab: DrugClass
    anakinra: DrugClass
    vasopressor: Mapping[str, DrugClass]
    inotrope: Mapping[str, DrugClass]
