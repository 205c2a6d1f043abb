"""Vital signs of a virtual patient: monitor, automatic cuff and nurse rounds, with noise and artefacts."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from blinwatch.core.events import VitalsObserved
from blinwatch.core.findings import O2Device, TempSite
from blinwatch.simulate.arrival import Arrival, merge
from blinwatch.simulate.curve import FLAT, HOUR_S, MINUTE_S, Curve, diurnal, seeded, wander
from blinwatch.simulate.patient import VirtualPatient
from blinwatch.simulate.setting import StorySetting

_BEATS_PER_DEGREE = 9.0
"""Heart rate rises by about 8 to 10 beats a minute for each degree of fever."""
_BEATS_PER_MMHG_LOST = 0.6
"""A falling pressure is answered by a faster heart."""
_ROUND_JITTER_S = 8 * MINUTE_S
"""A nurse is at most some minutes early or late; section G calls a round late after half an hour."""
FOUR_HOURLY_MIN = 230.0
"""What keeps temperature, pressure and breathing at most 4 hours apart when a nurse is some minutes late."""
_CUFF_FROM_S = MINUTE_S + 30
_ROUND_FROM_S = 3 * MINUTE_S
"""A nurse observes a new patient within minutes. Cuff and nurse never measure in the same second."""
_SPIKES_A_DAY = 6.0
_SPIKE_S = MINUTE_S
_PROBE_OFF_A_DAY = 2.0
_PROBE_OFF_S = 4 * MINUTE_S
"""A finger probe comes off a few times a day and is put back within minutes: handling, not silence."""


@dataclass(frozen=True, slots=True)
class Oxygen:
    """Oxygen from `from_h` on; flow in L/min where the device has one."""

    from_h: float
    device: O2Device
    flow_l_min: float | None = None


@dataclass(frozen=True, slots=True)
class Rounds:
    """From `from_h` on a nurse measures temperature, pressure and breathing every `every_min` minutes."""

    from_h: float
    every_min: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What happens to the patient, as differences from the baselines, over hours since the story's start."""

    temperature_c: Curve = FLAT
    sbp_mmhg: Curve = FLAT
    heart_rate_bpm: Curve = FLAT
    """Beside what fever and a falling pressure do to it: effort, pain, a drug."""
    respiratory_rate_per_min: Curve = FLAT
    spo2_pct: Curve = FLAT
    oxygen: tuple[Oxygen, ...] = (Oxygen(0.0, "room_air"),)
    rounds: tuple[Rounds, ...] = (Rounds(0.0, FOUR_HOURLY_MIN),)
    cuff: tuple[Rounds, ...] = ()
    """Where set, the automatic cuff's rhythm instead of the setting's own."""
    sensor_off_h: tuple[tuple[float, float], ...] = ()
    """The finger probe is off: SpO2, pulse and perfusion read 0 from one hour to the other."""
    monitor_off_h: tuple[tuple[float, float], ...] = ()
    """The monitor sends nothing at all (the patient is away for a scan, or the gateway is down)."""
    artefacts: bool = True
    temp_site: TempSite = "tympanic"


@dataclass(frozen=True, slots=True)
class _Bedside:
    """A patient, a course and a setting together: what every track below needs."""

    patient: VirtualPatient
    course: Course
    setting: StorySetting

    def swing(self, offset_s: int) -> float:
        """-1 at night to +1 in the afternoon."""
        moment = self.setting.moment(offset_s)
        return diurnal(moment.hour + moment.minute / 60)

    def temperature_c(self, offset_s: int, noise: float) -> float:
        return (
            self.patient.temperature_c
            + self.course.temperature_c.at(offset_s / HOUR_S)
            + (0.15 * self.swing(offset_s) + noise)
        )

    def sbp_mmhg(self, offset_s: int, noise: float) -> float:
        return self.patient.sbp_mmhg + self.course.sbp_mmhg.at(offset_s / HOUR_S) + (2 * self.swing(offset_s) + noise)

    def heart_rate_bpm(self, offset_s: int, noise: float) -> float:
        hour = offset_s / HOUR_S
        fever = max(0.0, self.course.temperature_c.at(hour)) * _BEATS_PER_DEGREE
        lost = max(0.0, -self.course.sbp_mmhg.at(hour)) * _BEATS_PER_MMHG_LOST
        own = self.patient.heart_rate_bpm + self.course.heart_rate_bpm.at(hour)
        return own + fever + lost + 4 * self.swing(offset_s) + noise

    def respiratory_rate_per_min(self, offset_s: int, noise: float) -> float:
        change = self.course.respiratory_rate_per_min.at(offset_s / HOUR_S)
        return self.patient.respiratory_rate_per_min + change + noise

    def spo2_pct(self, offset_s: int, noise: float) -> float:
        return min(100.0, self.patient.spo2_pct + self.course.spo2_pct.at(offset_s / HOUR_S) + noise)

    def diastolic(self, sbp_mmhg: float) -> float:
        """Diastolic pressure keeps its share of the systolic."""
        return float(round(self.patient.dbp_mmhg * sbp_mmhg / self.patient.sbp_mmhg))


def tell_vitals(patient: VirtualPatient, course: Course, setting: StorySetting) -> Iterator[Arrival]:
    """All vital signs of the story in order of time."""
    bedside = _Bedside(patient, course, setting)
    return merge(_monitor(bedside), _cuff(bedside), _rounds(bedside))


def _within(spans: tuple[tuple[float, float], ...], offset_s: int) -> bool:
    return any(from_h * HOUR_S <= offset_s < to_h * HOUR_S for from_h, to_h in spans)


def _artefacts(bedside: _Bedside, interval_s: int) -> Iterator[str | None]:
    """Which artefact the next monitor report carries: a movement spike, a probe that is off, or none."""
    chance = seeded(bedside.setting.seed, bedside.patient.patient_id, "artefacts")
    share = 1 / (24 * HOUR_S) if bedside.course.artefacts else 0.0
    # A report every quarter of an hour meets few of the artefacts of a minute that happen in a day.
    probe_off = _PROBE_OFF_A_DAY * min(interval_s, _PROBE_OFF_S) * share
    spike = _SPIKES_A_DAY * min(interval_s, _SPIKE_S) * share
    while True:
        draw = chance.random()
        if draw < probe_off:
            for _ in range(max(1, _PROBE_OFF_S // interval_s)):
                yield "probe_off"
        elif draw < probe_off + spike:
            yield "spike"
        else:
            yield None


def _monitor(bedside: _Bedside) -> Iterator[Arrival]:
    """Heart rate, breathing and SpO2 as a bedside monitor sends them."""
    setting, course, interval_s = bedside.setting, bedside.course, bedside.setting.monitor_interval_s
    chance = seeded(setting.seed, bedside.patient.patient_id, "monitor")
    heart, breath, oxygen = (wander(chance, spread, interval_s) for spread in (2.5, 1.0, 0.5))
    artefacts = _artefacts(bedside, interval_s)
    for offset_s in range(setting.monitor_from_s, setting.duration_s, interval_s):
        heart_rate = float(round(bedside.heart_rate_bpm(offset_s, next(heart))))
        breathing = float(round(bedside.respiratory_rate_per_min(offset_s, next(breath))))
        spo2, pulse = float(round(bedside.spo2_pct(offset_s, next(oxygen)))), heart_rate
        perfusion = round(chance.uniform(1.2, 3.4), 1)
        artefact = next(artefacts)
        if _within(course.monitor_off_h, offset_s):
            continue
        if artefact == "probe_off" or _within(course.sensor_off_h, offset_s):
            spo2 = pulse = perfusion = 0.0
        elif artefact == "spike":
            # Movement: the electrodes pick up muscle, and the probe reads low on hardly any pulse wave.
            heart_rate, spo2, perfusion = heart_rate + 190, float(chance.randint(55, 80)), 0.1
        yield Arrival(
            offset_s,
            VitalsObserved(
                event_id=setting.event_id("monitor", offset_s),
                patient_id=setting.patient_id,
                occurred_at=setting.moment(offset_s),
                source="simulated-monitor",
                monitoring="continuous",
                heart_rate_bpm=heart_rate,
                pulse_rate_bpm=pulse,
                respiratory_rate_per_min=breathing,
                spo2_pct=spo2,
                perfusion_index=perfusion,
            ),
        )


def _cuff(bedside: _Bedside) -> Iterator[Arrival]:
    """Systolic, diastolic and mean pressure of the automatic cuff."""
    setting = bedside.setting
    rhythm = bedside.course.cuff or (Rounds(0.0, setting.cuff_interval_s / MINUTE_S),)
    chance = seeded(setting.seed, bedside.patient.patient_id, "cuff")
    for offset_s in _rhythm(rhythm, setting.duration_s, first_s=_CUFF_FROM_S):
        sbp = float(round(bedside.sbp_mmhg(offset_s, chance.gauss(0, 2))))
        if _within(bedside.course.monitor_off_h, offset_s):
            continue
        dbp = bedside.diastolic(sbp)
        yield Arrival(
            offset_s,
            VitalsObserved(
                event_id=setting.event_id("cuff", offset_s),
                patient_id=setting.patient_id,
                occurred_at=setting.moment(offset_s),
                source="simulated-monitor",
                sbp_mmhg=sbp,
                dbp_mmhg=dbp,
                map_mmhg=float(round(dbp + (sbp - dbp) / 3)),
            ),
        )


def _rounds(bedside: _Bedside) -> Iterator[Arrival]:
    """What a nurse charts at the cadence of section G.

    Temperature, pressure, breathing, oxygen, alertness.
    """
    setting, course = bedside.setting, bedside.course
    chance = seeded(setting.seed, bedside.patient.patient_id, "rounds")
    due = list(_rhythm(course.rounds, setting.duration_s, first_s=_ROUND_FROM_S))
    for due_s, following_s in pairwise((*due, setting.duration_s)):
        # Only late, and less the closer the next round lies: two rounds never swap places.
        room_s = 0 if due_s == _ROUND_FROM_S else min(_ROUND_JITTER_S, (following_s - due_s) // 10)
        offset_s = due_s + chance.randrange(0, room_s + 1)
        sbp = float(round(bedside.sbp_mmhg(offset_s, chance.gauss(0, 2))))
        dbp = bedside.diastolic(sbp)
        oxygen = [one for one in course.oxygen if one.from_h * HOUR_S <= offset_s][-1]
        yield Arrival(
            offset_s,
            VitalsObserved(
                event_id=setting.event_id("round", offset_s),
                patient_id=setting.patient_id,
                occurred_at=setting.moment(offset_s),
                source="simulated-chart",
                temperature_c=round(bedside.temperature_c(offset_s, chance.uniform(-0.1, 0.1)), 1),
                temp_site=course.temp_site,
                respiratory_rate_per_min=float(round(bedside.respiratory_rate_per_min(offset_s, 0.0))),
                sbp_mmhg=sbp,
                dbp_mmhg=dbp,
                map_mmhg=float(round(dbp + (sbp - dbp) / 3)),
                o2_device=oxygen.device,
                o2_flow_l_min=oxygen.flow_l_min,
                consciousness="alert",
            ),
        )


def _rhythm(rhythm: tuple[Rounds, ...], duration_s: int, first_s: int) -> Iterator[int]:
    """The seconds at which to measure: each change of rhythm starts with a measurement of its own."""
    for one, following in zip(rhythm, (*rhythm[1:], None), strict=True):
        until_s = duration_s if following is None else min(duration_s, round(following.from_h * HOUR_S) + first_s)
        yield from range(round(one.from_h * HOUR_S) + first_s, until_s, round(one.every_min * MINUTE_S))
