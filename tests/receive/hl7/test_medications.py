"""Doses: what was given is told as given, what is ordered as a question."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.receive.hl7.told import PID, events, read, reasons, utc

ORC = "ORC|RE|ORD-1"


def rxa(drug: str, amount: str = "20", unit: str = "mg", start: str = "20260301073000+0100", **more: str) -> str:
    fields = [""] * 22
    fields[1:8] = ["0", "1", start, more.get("end", ""), drug, amount, unit]
    fields[12], fields[19], fields[20] = more.get("per", ""), more.get("why", ""), more.get("done", "CP")
    fields[21] = more.get("act", "A")
    return "RXA" + "|".join(fields)


def given(*lines: str, kind: str = "RAS^O17^RAS_O17") -> list[dict[str, Any]]:
    names = ("type", "action", "drug", "rxnorm", "atc", "dose_mg", "dose_g_m2", "route", "purpose", "findings")
    return [
        {name: told[name] for name in names if told.get(name) is not None}
        for told in (asdict(event) for event in events(PID, *lines, kind=kind))
    ]


def test_a_premedication_is_told_with_dose_route_and_purpose() -> None:
    line = rxa("3264^Dexamethasone^RXNORM", why="PRE^Premedication")
    assert given(ORC, line, "RXR|IV") == [
        {
            "type": "medication_administered", "action": "given", "drug": "Dexamethasone", "rxnorm": "3264",
            "dose_mg": 20, "route": "iv", "purpose": "premed",
        }
    ]  # fmt: skip
    (event,) = events(PID, ORC, line, kind="RAS^O17")
    assert event.occurred_at == utc(6, 30)


@pytest.mark.parametrize(
    "amount,unit,expected", [("1", "g", 1000), ("500", "ug", 0.5), ("500", "mcg", 0.5), ("999", "mg", None)]
)
def test_doses_are_told_in_mg(amount: str, unit: str, expected: float | None) -> None:
    assert given(ORC, rxa("N02BE01^Paracetamol^ATC", amount, unit))[0].get("dose_mg") == expected


def test_a_dose_in_tablets_is_a_drug_given_whose_dose_is_unknown() -> None:
    told = read(PID, ORC, rxa("x^Paracetamol^99", "2", "TAB"), kind="RAS^O17")
    assert [draft.fields["drug"] for draft in told.groups[0].drafts] == ["Paracetamol"]
    assert "dose_mg" not in told.groups[0].drafts[0].fields
    assert reasons(told) == ["unknown_unit"]


def test_an_infusion_starts_and_stops() -> None:
    line = rxa("7512^Norepinephrine^RXNORM", "0.1", "ug/kg/min", per="min", end="20260301074500+0100")
    assert [one["action"] for one in given(ORC, line)] == ["started", "stopped"]
    assert [one["action"] for one in given("ORC|DC|ORD-1", line)] == ["stopped"]


@pytest.mark.parametrize(
    "line,reason",
    [
        (rxa("1^Dexamethasone^X", done="RE"), "not_given"),
        (rxa("1^Dexamethasone^X", done="NA"), "not_given"),
        (rxa("1^Dexamethasone^X", act="D"), "withdrawn"),
        (rxa("", "20"), "missing_field"),
        (rxa("1^Dexamethasone^X", start=""), "missing_field"),
        (rxa("1^Dexamethasone^X", "many"), "wrong_value"),
        (rxa("1597258^Blinatumomab^RXNORM"), "other_infusion"),
    ],
)
def test_what_was_not_given_has_a_reason(line: str, reason: str) -> None:
    told = read(PID, ORC, line, kind="RAS^O17")
    assert reasons(told) == [reason]
    assert not told.groups[0].drafts


@pytest.mark.parametrize(
    "line,kind",
    [
        ("RXG|1|||11289^Warfarin^RXNORM^B01AA03^Warfarin^ATC|5", "RGV^O15"),
        ("RXE||11289^Warfarin^RXNORM^B01AA03^^ATC|5", "RDE^O11"),
    ],
)
def test_an_order_asks_the_interaction_check_and_gives_nothing(line: str, kind: str) -> None:
    (told,) = given("ORC|NW|ORD-1", line, "RXR|PO", kind=kind)
    assert told["type"] == "interaction_assessed"
    findings = {name: value for name, value in told["findings"].items() if value not in (None, ())}
    assert findings == {"drug": "Warfarin", "atc": "B01AA03", "route": "oral"}


def test_a_cancelled_order_asks_nothing() -> None:
    assert reasons(read(PID, "ORC|CA|ORD-1", "RXE||11289^Warfarin^RXNORM", kind="RDE^O11")) == ["not_given"]


def test_a_dose_given_months_ago_stays_months_old() -> None:
    (event,) = events(PID, ORC, rxa("1^Dexamethasone^X", start="20251101073000+0100"), kind="RAS^O17")
    assert event.occurred_at == datetime(2025, 11, 1, 6, 30, tzinfo=UTC)
