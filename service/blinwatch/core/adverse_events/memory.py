"""What has to be remembered beyond the latest values: fever over time, weights of days, signs that staff charted.

What:      the run of temperatures at or above 38.0 °C and the last at or above 38.3 °C; weights; each charted sign with
           its own time.
Source:    rule reference section F; rows of clinical/other_adverse_events.yaml.
Inputs:    each believed temperature, `ClinicalSignsAssessed`, weights from wherever they are charted.
Caveats:   - `note_temperature` runs with every temperature, so it changes nothing while there is no fever.
           - a run holds between two readings and for 4 h after the last one (staleness); silence beyond ends it.
           - a temperature older than one already noted cannot begin or end a run, but still counts as a single fever.
           - a later entry of a sign, also a no, replaces an earlier one.
"""

from dataclasses import dataclass, field, replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import ClinicalSignsAssessed
from blinwatch.core.units import below

_HOUR_MS = 3_600_000
_NOTED_EVERY_MS = 60_000
"""Without fever the time of a reading is noted once a minute: it only tells a late reading from a new one."""
_NEVER_MS = -1
SIGN_NAMES = (
    "infection_suspected",
    "abdominal_pain",
    "pancreatitis_on_imaging",
    "arrhythmia",
    "seizure",
    "new_effusion_or_oedema",
    "haemophagocytosis",
    "pupils_fixed",
    "pews_behaviour",
    "pews_cardiovascular",
    "pews_respiratory",
)


@dataclass(frozen=True, slots=True)
class FeverRun:
    """Fever over time. A run is the time since which every temperature has been at or above 38.0 °C."""

    noted_ms: int = _NEVER_MS
    """The newest temperature, to the minute while there is no fever."""
    since_ms: int | None = None
    """Start of the present run."""
    seen_ms: int | None = None
    """The last temperature of the present run."""
    lasted_until_ms: int | None = None
    """Until when the last run that had lasted an hour, and is over, went on."""
    high_ms: int | None = None
    """The last temperature at or above 38.3 °C."""
    high_c: float | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """One body weight."""

    weight_kg: float
    at_ms: int
    event_id: str


@dataclass(frozen=True, slots=True)
class ChartedSign:
    """The latest entry of one sign: yes or no, or points of a score."""

    value: bool | int
    at_ms: int
    event_id: str


@dataclass(frozen=True, slots=True)
class EventMemory:
    """Everything that section F remembers beside laboratory results."""

    fever: FeverRun = FeverRun()
    weights: tuple[Weighed, ...] = ()
    signs: dict[str, ChartedSign] = field(default_factory=dict[str, ChartedSign])


NOTHING_REMEMBERED = EventMemory()


def note_temperature(memory: EventMemory, temperature_c: float, at_ms: int, rulebook: Rulebook) -> EventMemory:
    """The memory after a believed temperature, measured at `at_ms`."""
    fever = memory.fever
    from_c = rulebook.adverse_events.fever_sustained_from_c
    if fever.since_ms is None and temperature_c < from_c - 1e-9 and at_ms - fever.noted_ms < _NOTED_EVERY_MS:
        return memory
    if below(temperature_c, from_c):
        after = fever if at_ms < fever.noted_ms else _run_ended(fever, at_ms, rulebook)
    else:
        after = _feverish(fever, temperature_c, at_ms, rulebook)
    return memory if after is fever else replace(memory, fever=after)


def _feverish(fever: FeverRun, temperature_c: float, at_ms: int, rulebook: Rulebook) -> FeverRun:
    once_from_c = rulebook.adverse_events.fever_once_from_c
    if not below(temperature_c, once_from_c) and (fever.high_ms is None or at_ms >= fever.high_ms):
        fever = replace(fever, high_ms=at_ms, high_c=temperature_c)
    if at_ms < fever.noted_ms:
        return fever
    if fever.since_ms is None or fever.seen_ms is None:
        return replace(fever, noted_ms=at_ms, since_ms=at_ms, seen_ms=at_ms)
    if at_ms - fever.seen_ms > holds_for_ms(rulebook):
        return replace(_run_ended(fever, at_ms, rulebook), since_ms=at_ms, seen_ms=at_ms)
    return replace(fever, noted_ms=at_ms, seen_ms=at_ms)


def _run_ended(fever: FeverRun, at_ms: int, rulebook: Rulebook) -> FeverRun:
    """No run any more; one that had lasted an hour is remembered by its end."""
    if fever.since_ms is None or fever.seen_ms is None:
        # Whole steps, so that it does not matter which of several values in one step is noted.
        return replace(fever, noted_ms=at_ms // _NOTED_EVERY_MS * _NOTED_EVERY_MS)
    end_ms = min(at_ms, fever.seen_ms + holds_for_ms(rulebook))
    lasted = end_ms - fever.since_ms >= lasts_for_ms(rulebook)
    until_ms = end_ms if lasted else fever.lasted_until_ms
    return replace(fever, noted_ms=at_ms, since_ms=None, seen_ms=None, lasted_until_ms=until_ms)


def holds_for_ms(rulebook: Rulebook) -> int:
    """How long a temperature is taken to hold after it was measured (section 0, staleness)."""
    return round(rulebook.vitals.stale_after_h["temperature_c"] * _HOUR_MS)


def lasts_for_ms(rulebook: Rulebook) -> int:
    """How long a temperature at or above 38.0 °C has to last to be a fever (AE-FN)."""
    return round(rulebook.adverse_events.fever_sustained_h * _HOUR_MS)


def note_signs(memory: EventMemory, event: ClinicalSignsAssessed, own_ms: int) -> EventMemory:
    """The memory after charted signs; what the event leaves out was not asked. Its weight goes to `note_weight`."""
    changed: dict[str, ChartedSign] = {}
    for name in SIGN_NAMES:
        value: bool | int | None = getattr(event, name)
        known = memory.signs.get(name)
        if value is None or (known is not None and (known.at_ms, known.event_id) > (own_ms, event.event_id)):
            continue
        changed[name] = ChartedSign(value, own_ms, event.event_id)
    return replace(memory, signs={**memory.signs, **changed}) if changed else memory


def note_weight(memory: EventMemory, weight_kg: float, at_ms: int, event_id: str, rulebook: Rulebook) -> EventMemory:
    """The memory after a body weight; weights older than the window of AE-LEAK before the newest are forgotten."""
    rules = rulebook.adverse_events
    others = (one for one in memory.weights if (one.at_ms, one.event_id) != (at_ms, event_id))
    weights = sorted((*others, Weighed(weight_kg, at_ms, event_id)), key=lambda one: (one.at_ms, one.event_id))
    from_ms = weights[-1].at_ms - round(rules.leak_weight_window_h * _HOUR_MS)
    kept = tuple(one for one in weights if one.at_ms >= from_ms)
    if len(kept) > rules.leak_weights_kept_most:
        # The lowest of the window is what a gain is measured from, so it outlives older ones.
        lowest = min(kept, key=lambda one: (one.weight_kg, one.at_ms))
        newest = kept[-(rules.leak_weights_kept_most - 1) :]
        kept = newest if lowest in newest else (lowest, *newest)
    return memory if kept == memory.weights else replace(memory, weights=kept)


def sign_at(memory: EventMemory, name: str, at_ms: int, rulebook: Rulebook) -> ChartedSign | None:
    """The latest entry of a sign while it counts; exactly at its limit it still does. None: not known."""
    sign = memory.signs.get(name)
    if sign is None or sign.at_ms > at_ms:
        return None
    limit_ms = round(rulebook.adverse_events.sign_counts_h[name] * _HOUR_MS)
    return sign if at_ms - sign.at_ms <= limit_ms else None


def is_charted(memory: EventMemory, name: str, at_ms: int, rulebook: Rulebook) -> bool | None:
    """Yes, no, or not known."""
    sign = sign_at(memory, name, at_ms, rulebook)
    return None if sign is None else bool(sign.value)
