"""An alert in the terminal says what, about whom, since when, why and by which rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blinwatch.commands.alert_text import describe_alert, describe_transition
from blinwatch.core.decisions import Alert, AlertTransition, TransitionKind
from blinwatch.core.evidence import Evidence

AT = datetime(2026, 3, 1, 9, 10, 5, tzinfo=UTC)
ALERT = Alert(
    alert_id="abc123",
    patient_id="p-17",
    ward="haematology",
    key="CRS",
    code="CRS_G3",
    rule_id="CRS-7",
    domain="crs",
    scale="ASTCT",
    priority="high",
    level=3,
    episode=1,
    state="active",
    summary="CRS grade 3: one vasopressor.",
    threshold="one counted vasopressor",
    evidence=(
        Evidence("sbp_mmhg", 82.0, "mm[Hg]", AT, "e1"),
        Evidence("vasopressors", "norepinephrine", None, None, "e2"),
    ),
    citation="Lee et al., BBMT 2019;25:625",
    rulebook_version="1.1.0",
    rulebook_digest="abc",
    since=AT,
    raised_at=AT,
    updated_at=AT,
)


def step(
    kind: TransitionKind, *, by: str | None = None, reason: str | None = None, late: bool = False
) -> AlertTransition:
    return AlertTransition(
        decision_id="d1",
        alert_id=ALERT.alert_id,
        patient_id=ALERT.patient_id,
        transition=kind,
        occurred_at=AT,
        late=late,
        caused_by="e1",
        by=by,
        reason=reason,
        alert=ALERT,
    )


def test_a_standing_alert_tells_everything_needed_to_judge_it() -> None:
    text = describe_alert(ALERT).plain
    for part in (
        "HIGH",
        "CRS_G3",
        "p-17, haematology",
        "active, since 2026-03-01 09:10:05 UTC",
        "CRS grade 3: one vasopressor.",
        "sbp_mmhg 82 mm[Hg] at 09:10:05; vasopressors norepinephrine",
        "one counted vasopressor",
        "CRS-7 (ASTCT): Lee et al., BBMT 2019;25:625",
        "abc123",
    ):
        assert part in text


def test_a_value_of_another_day_says_its_date() -> None:
    old = replace(ALERT, updated_at=AT + timedelta(days=1))
    assert "sbp_mmhg 82 mm[Hg] at 2026-03-01 09:10:05;" in describe_alert(old).plain


def test_who_has_seen_it_what_hides_it_and_how_long_it_is_shelved_are_said() -> None:
    alert = replace(
        ALERT,
        state="acknowledged",
        acknowledged_by="nurse 4",
        acknowledged_reason="doctor called",
        inhibited_by="CRS",
        shelved_until=AT,
    )
    text = describe_alert(alert).plain
    assert "acknowledged, since" in text
    assert "nurse 4: doctor called" in text
    assert "until 2026-03-01 09:10:05 UTC" in text
    assert "hidden by" in text


@pytest.mark.parametrize("kind", ["raised", "escalated", "updated"])
def test_what_needs_attention_comes_with_its_reasons(kind: TransitionKind) -> None:
    text = describe_transition(step(kind)).plain
    assert f"{kind.upper()} 2026-03-01 09:10:05 UTC, since 2026-03-01 09:10:05 UTC" in text
    assert "CRS-7" in text


def test_an_acknowledgement_says_who_and_why_without_repeating_the_rule() -> None:
    text = describe_transition(step("acknowledged", by="nurse 4", reason="doctor called")).plain
    assert "ACKNOWLEDGED" in text
    assert "nurse 4: doctor called" in text
    assert "CRS-7" not in text


def test_a_resolution_says_why() -> None:
    assert (
        "the condition no longer holds"
        in describe_transition(step("resolved", reason="the condition no longer holds")).plain
    )


def test_late_evidence_is_called_late() -> None:
    assert "late" in describe_transition(step("raised", late=True)).plain
