"""When blinwatch itself was blind: said once to everybody under therapy, until the patient has been looked at.

What:      SIL-3. A tick that comes too long after the partition's last one says since when nobody judged
           (`Tick.blind_from`, docs/decisions/0015). Each patient under therapy then gets one alert of the service
           about itself; it ends a while after the first observation made since.
Sources:   the service's own; the rule reference has no such rule. Rows `blind_after_s` and `resolve_after_s`.
Inputs:    the tick; when anything was last observed of the patient.
Caveats:   what was written to the topics meanwhile has been judged by then, with its own times. What the alert asks
           for is a look at the patient: nobody was told anything while it lasted.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.detect_silence import watched_since_ms
from blinwatch.core.events import Tick
from blinwatch.core.evidence import Condition, Evidence, to_datetime, to_ms
from blinwatch.core.evolve import evolve
from blinwatch.core.patient_state import BlindSpell, Judgement

BLIND = "BLIND"


def with_blindness(judgement: Judgement, tick: Tick) -> Judgement:
    """The judgement with the blind spell that a tick tells of, where somebody should have been watched."""
    if tick.blind_from is None or tick.blind_from >= tick.occurred_at or watched_since_ms(judgement) is None:
        return judgement
    return evolve(judgement, blind=BlindSpell(to_ms(tick.blind_from), to_ms(tick.occurred_at)))


def blindness_condition(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> Condition | None:
    """What is to be said of the last blind spell, until the patient has been looked at after it."""
    spell = judgement.blind
    if spell is None or watched_since_ms(judgement) is None:
        return None
    if at_ms > spell.to_ms and _seen_ms(judgement) > spell.to_ms:
        return None
    start, end = to_datetime(spell.from_ms), to_datetime(spell.to_ms)
    return Condition(
        # A later spell is another alert: an acknowledgement of the first one must not cover it.
        key=f"{BLIND}:{spell.from_ms}",
        code=BLIND,
        rule_id="SIL-3",
        domain="monitoring",
        scale="technical",
        priority=rulebook.alerts.priorities[BLIND],
        summary=(
            f"blinwatch was blind from {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC and told nobody "
            "anything: look at this patient now."
        ),
        threshold=f"> {rulebook.alerts.blind_after_s} s without judging",
        evidence=(Evidence("blind_from", None, None, start), Evidence("blind_to", None, None, end)),
        since_ms=spell.from_ms,
    )


def _seen_ms(judgement: Judgement) -> int:
    """When anything was last observed of the patient, by a monitor or by staff."""
    charted = (signal.at_ms for signal in judgement.signals.values())
    examined_ms = judgement.neuro.examined_ms
    return max((*judgement.raw_last_ms.values(), *charted, -1 if examined_ms is None else examined_ms))
