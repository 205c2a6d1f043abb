"""Types of clinical/drugs.yaml: how drugs are recognised and which class they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrugClass:
    """A class of drugs: names (lower case, synonyms and brands), ATC prefixes and RxNorm ingredient codes."""

    names: tuple[str, ...]
    atc: tuple[str, ...] = ()
    rxnorm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugRules:
    """Each field is one row of the file."""

    antipyretic: DrugClass
    corticosteroid: DrugClass
    tocilizumab: DrugClass
    siltuximab: DrugClass
    anakinra: DrugClass
    vasopressor: Mapping[str, DrugClass]
    inotrope: Mapping[str, DrugClass]
