"""Recognition of a drug: which one it is, and to which classes of section E it belongs.

What:      the index of all names and codes of clinical/drug_interactions.yaml and clinical/drugs.yaml, and the
           recognition of a charted drug in it.
Source:    rule reference section E (codes, classes); names are data.
Inputs:    the name as charted, its RxNorm and ATC code where known.
Caveats:   names and codes add up: a code that does not fit never takes a class away. In a longer text the longest
           known name wins ("nor-epinephrine" is not epinephrine), and each further known name counts too, so that a
           mixture belongs to the classes of its parts. A drug in no class and no list is unknown, not safe.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from blinwatch.clinical.drug_rules import DrugClass, DrugRules
from blinwatch.clinical.interaction_rules import DrugEntry, InteractionClass, InteractionRules
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import Route
from blinwatch.core.recognise_drug import NAMES_CACHED, compact, readings, words

_NAMELESS = "a drug with the code {}"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A charted drug as the interaction table knows it."""

    drug: str
    """Its canonical name; for an unknown drug the name as charted."""
    entries: tuple[DrugEntry, ...]
    classes: frozenset[InteractionClass]
    """By whatever route; a rule asks which of them count by this route."""
    known: bool
    """Whether anything in the rulebook names it: an unknown drug is never called safe."""


@dataclass(frozen=True, slots=True, eq=False)
class DrugIndex:
    """All known drugs by name and code. Compared by identity: there is one for each rulebook."""

    by_name: Mapping[str, DrugEntry]
    """Names in both forms that `recognise_drug.readings` gives."""
    by_rxnorm: Mapping[str, DrugEntry]
    by_atc: tuple[tuple[str, DrugEntry], ...]
    """ATC prefixes, the longest first."""
    rules: InteractionRules


def drug_entries(rules: InteractionRules) -> tuple[DrugEntry, ...]:
    """Every drug of the interaction table."""
    return (
        *rules.cyp_drugs,
        *rules.transporter_drugs,
        *rules.vaccines,
        *rules.immunosuppressants,
        *rules.circulation_drugs,
        *rules.sedatives,
        *rules.analgesic_combinations,
        *rules.seizure_drugs,
        *rules.chemotherapy,
        *rules.antifungals,
        *rules.qt_drugs,
        *rules.without_rule,
    )


def _from_drug_rules(drugs: DrugRules) -> Iterator[DrugEntry]:
    """The drugs of drugs.yaml as entries, so that each name stands in one file only."""
    antipyretic_classes: dict[str, InteractionClass] = {"nsaid": "nsaid", "metamizole": "metamizole"}
    for kind, members in drugs.antipyretic.items():
        # A combination that does not name its analgesic is judged as paracetamol, whose rules ask for most.
        classes = (antipyretic_classes.get(kind, "paracetamol"),)
        yield from (_entry(drug, drug_class, classes) for drug, drug_class in members.items())
    for kind, drug_class in drugs.corticosteroid.items():
        yield _entry(kind, drug_class, ("corticosteroid",))
    yield _entry("tocilizumab", drugs.tocilizumab, ("il6_blocker",))
    yield _entry("siltuximab", drugs.siltuximab, ("il6_blocker",))
    yield _entry("anakinra", drugs.anakinra, ())
    for kind, drug_class in (*drugs.vasopressor.items(), *drugs.inotrope.items()):
        yield _entry(kind, drug_class, ())


def _entry(drug: str, drug_class: DrugClass, classes: tuple[InteractionClass, ...]) -> DrugEntry:
    return DrugEntry(drug=drug, names=drug_class.names, rxnorm=drug_class.rxnorm, atc=drug_class.atc, classes=classes)


@lru_cache(maxsize=8)
def _index(rules: InteractionRules, drugs: DrugRules) -> DrugIndex:
    """The index of one rulebook; the interaction table leads where both files know a name."""
    by_name: dict[str, DrugEntry] = {}
    by_rxnorm: dict[str, DrugEntry] = {}
    by_atc: list[tuple[str, DrugEntry]] = []
    for entry in (*drug_entries(rules), *_from_drug_rules(drugs)):
        for name in (entry.drug, *entry.names):
            by_name.setdefault(" ".join(words(name)), entry)
            by_name.setdefault(compact(name), entry)
        for code in entry.rxnorm:
            by_rxnorm.setdefault(code, entry)
        by_atc.extend((prefix, entry) for prefix in entry.atc)
    by_atc.sort(key=lambda pair: len(pair[0]), reverse=True)
    return DrugIndex(by_name, by_rxnorm, tuple(by_atc), rules)


def index_of(rulebook: Rulebook) -> DrugIndex:
    """The index of the rulebook in force."""
    return _index(rulebook.interactions, rulebook.drugs)


def recognise(drug: str | None, rulebook: Rulebook, rxnorm: str | None = None, atc: str | None = None) -> Recognised:
    """The drug as the table knows it; with neither a name nor a code it is unknown."""
    return recognise_in(index_of(rulebook), drug, rxnorm, atc)


@lru_cache(maxsize=NAMES_CACHED)
def recognise_in(index: DrugIndex, drug: str | None, rxnorm: str | None = None, atc: str | None = None) -> Recognised:
    """As `recognise`, in an index at hand."""
    entries: dict[str, DrugEntry] = {}
    for entry in (*_by_name(drug, index), *_by_code(rxnorm, atc, index)):
        entries.setdefault(entry.drug, entry)
    classes: set[InteractionClass] = {name for entry in entries.values() for name in entry.classes}
    classes.update(_classes_of_atc(atc, index.rules))
    name = " + ".join(entries) or drug or _NAMELESS.format(atc or rxnorm or "none")
    return Recognised(name, tuple(entries.values()), frozenset(classes), bool(entries or classes))


def _by_name(drug: str | None, index: DrugIndex) -> Iterator[DrugEntry]:
    """Every known drug that a text names, longest names first; words already read are not read again."""
    taken: set[int] = set()
    for first, after, spaced, joined in () if drug is None else readings(drug):
        run = set(range(first, after))
        if run & taken:
            continue
        entry = index.by_name.get(spaced) or (index.by_name.get(joined) if joined else None)
        if entry is not None:
            taken |= run
            yield entry


def _by_code(rxnorm: str | None, atc: str | None, index: DrugIndex) -> Iterator[DrugEntry]:
    if rxnorm is not None and (entry := index.by_rxnorm.get(rxnorm.strip())) is not None:
        yield entry
    if atc is not None:
        code = compact(atc).upper()
        longest = next((entry for prefix, entry in index.by_atc if code.startswith(prefix)), None)
        if longest is not None:
            yield longest


def _classes_of_atc(atc: str | None, rules: InteractionRules) -> Iterator[InteractionClass]:
    if atc is None:
        return
    code = compact(atc).upper()
    for name, rule in rules.classes.items():
        if code.startswith(rule.atc) and not code.startswith(rule.atc_except):
            yield name


def route_of(route: Route | None, drug: str | None, rules: InteractionRules) -> Route | None:
    """The route as charted, else as the drug's name says it ("fentanyl patch"), else None (systemic)."""
    if route is not None or drug is None:
        return route
    said = set(words(drug))
    if said & set(rules.intrathecal_words):
        return "intrathecal"
    return "transdermal" if said & set(rules.transdermal_words) else None


def counting_classes(
    classes: Iterable[InteractionClass], route: Route | None, rules: InteractionRules
) -> frozenset[InteractionClass]:
    """The classes that a drug belongs to by this route."""
    return frozenset(name for name in classes if route not in rules.classes[name].not_by_routes)
