"""Is this reading to be believed? The question section G asks of every single value.

What:      no sensor; plausible; confirmed by another sensor; the second of two consecutive concordant
           readings. Collects what is rejected and what must be remembered while one observation passes the
           gate.
Source:    rule reference section G.
Caveats:   the reading before is the last one that came in, believed or not; the first of a concordant pair
           stays rejected. The same measurement shown again (same value, same time) is no second reading.
"""

from blinwatch.clinical.vital_sign_rules import VitalSignRules
from blinwatch.core.findings import CrsFindings
from blinwatch.core.signal_memory import LastReading, LastTemperature, SignalMemory
from blinwatch.core.staleness import HOUR_MS, OTHER_UNIT, measured_ms, stale_after_h
from blinwatch.core.units import TOLERANCE, above


def inside(value: float, limits: tuple[float, float]) -> bool:
    """Whether a value is plausible; the limits themselves are."""
    return limits[0] - TOLERANCE <= value <= limits[1] + TOLERANCE


class ReadingCheck:
    """One pass over one observation."""

    __slots__ = ("artefacts", "at_ms", "findings", "memory", "rules", "seen")

    def __init__(self, findings: CrsFindings, memory: SignalMemory, at_ms: int, rules: VitalSignRules) -> None:
        self.findings = findings
        self.memory = memory
        self.at_ms = at_ms
        self.rules = rules
        self.artefacts: list[str] = []
        self.seen: dict[str, LastReading] = {}

    def connected(self, name: str, value: float | None, highest: float | None = None) -> float | None:
        """The value of a connected sensor; 0 or less, or above what can be, is a code for "no value"."""
        if value is None:
            return None
        if value <= 0 or (highest is not None and above(value, highest)):
            self.reject(name)
            return None
        return value

    def ranged(
        self, name: str, value: float | None, last: LastReading | None, limits: tuple[float, float]
    ) -> float | None:
        """A sign that has nothing but a range."""
        if value is None or self.connected(name, value) is None:
            return None
        return self.believed(name, value, last, plausible=inside(value, limits))

    def believed(
        self,
        name: str,
        value: float,
        last: LastReading | None,
        *,
        plausible: bool,
        tolerance: float | None = None,
    ) -> float | None:
        """The value where it is plausible, confirmed or concordant with the reading before; remembers it."""
        taken_ms = measured_ms(name, self.findings.obs_age_h, self.at_ms)
        shown_again = last is not None and last.measured_ms == taken_ms and last.value == value
        verdict = (
            plausible
            or self.confirmed(name)
            or (last is not None and shown_again and last.believed)
            or (last is not None and not shown_again and self._concordant(name, value, taken_ms, last, tolerance))
        )
        if last is None or taken_ms >= last.measured_ms:
            self.seen[name] = LastReading(value, taken_ms, verdict)
        if not verdict:
            self.reject(name)
            return None
        return value

    def confirmed(self, name: str) -> bool:
        """Whether another sensor confirms the sign, under either of its units."""
        by_another = self.findings.confirmed_fields
        return bool(by_another) and (name in by_another or OTHER_UNIT.get(name) in by_another)

    def reject(self, name: str) -> None:
        """Name an artefact once."""
        if name not in self.artefacts:
            self.artefacts.append(name)

    def _concordant(self, name: str, value: float, taken_ms: int, last: LastReading, tolerance: float | None) -> bool:
        """Whether this is the second of two consecutive concordant readings within the staleness limit."""
        limit_h = stale_after_h(name, self.rules, continuous=self.findings.monitoring == "continuous")
        if limit_h is None or not 0 <= taken_ms - last.measured_ms <= limit_h * HOUR_MS:
            return False
        if tolerance is None:
            tolerance = max(self.rules.concordant_fraction * last.value, self.rules.concordant_units)
        return not above(abs(value - last.value), tolerance)

    def next_memory(self) -> SignalMemory:
        """The memory with the readings of this observation."""
        seen, kept = self.seen, self.memory
        if not seen:
            return kept
        temperature = kept.believed_temperature
        reading = seen.get("temperature_c")
        if reading is not None and reading.believed:
            temperature = LastTemperature(reading.value, reading.measured_ms, self.findings.temp_site)
        return SignalMemory(
            temperature_c=seen.get("temperature_c", kept.temperature_c),
            heart_rate_bpm=seen.get("heart_rate_bpm", kept.heart_rate_bpm),
            pulse_rate_bpm=seen.get("pulse_rate_bpm", kept.pulse_rate_bpm),
            respiratory_rate_per_min=seen.get("respiratory_rate_per_min", kept.respiratory_rate_per_min),
            sbp_mmhg=seen.get("sbp_mmhg", kept.sbp_mmhg),
            dbp_mmhg=seen.get("dbp_mmhg", kept.dbp_mmhg),
            map_mmhg=seen.get("map_mmhg", kept.map_mmhg),
            spo2_pct=seen.get("spo2_pct", kept.spo2_pct),
            o2_flow_l_min=seen.get("o2_flow_l_min", kept.o2_flow_l_min),
            believed_temperature=temperature,
        )
