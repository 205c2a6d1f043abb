"""A hospital's own values: what they change, what is said about it, and how every mistake is named."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import RulebookError, load_rulebook, read_clinical_files
from blinwatch.clinical.plain_words import changes_between
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import (
    SiteProtocolError,
    load_rulebook_in_force,
    parse_site_protocol,
    put_in_force,
    read_site_protocol,
)
from blinwatch.core.events import CrsAssessed
from blinwatch.core.findings import CrsFindings
from blinwatch.core.patient_state import new_patient
from blinwatch.core.step import step
from tests.core.stories import header

ROOT = Path(__file__).resolve().parents[1]
BASE = load_rulebook()
HEAD = {"site": "Example", "approved_by": "Committee", "approved_on": "2026-11-02"}


def protocol_text(overrides: dict[str, Any], **head: Any) -> str:
    return yaml.safe_dump({**HEAD, **head, "overrides": overrides}, sort_keys=False)


def in_force(overrides: dict[str, Any], **head: Any) -> Rulebook:
    return put_in_force(BASE, parse_site_protocol("site.yaml", protocol_text(overrides, **head), BASE))


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(SiteProtocolError) as refused:
        parse_site_protocol("site.yaml", dedent(text), BASE)
    assert str(refused.value).startswith("site.yaml: ")
    return refused.value.problems


def fault(name: str, **override: Any) -> str:
    """The one fault of a file that overrides one row."""
    (only,) = faults(protocol_text({name: override}))
    assert only.startswith(f"{name}: ")
    return only


# --- what it changes ---------------------------------------------------------------------------------------


def test_an_own_choice_of_the_rulebook_is_replaced_and_the_row_keeps_both_values() -> None:
    rulebook = in_force({"crs.masking_max_h": {"value": {"steroid": 48}}})
    row = rulebook.rows["crs.masking_max_h"]
    assert rulebook.crs.masking_max_h == {**BASE.crs.masking_max_h, "steroid": 48}
    assert row.value["steroid"] == 36
    assert row.in_force["steroid"] == 48
    assert row.in_force["antipyretic"] == row.value["antipyretic"], "an entry that is not named stays"
    untouched = rulebook.rows["crs.fever_from_c"]
    assert (untouched.site, untouched.in_force) == (None, 38.0)


def test_the_judgement_follows_the_site() -> None:
    observed = CrsAssessed(
        **header(1, 1),
        findings=CrsFindings(
            age_years=40, temperature_c=37.0, sbp_mmhg=80, spo2_pct=97, steroid_given=True, hours_since_steroid=40
        ),
    )
    site = in_force({"crs.masking_max_h": {"value": {"steroid": 48}}})
    codes = {
        name: step(new_patient(observed.patient_id), observed, rulebook)[0].head.grade
        for name, rulebook in {"published": BASE, "site": site}.items()
    }
    assert codes["published"] is not None
    assert codes["site"] is not None
    assert codes["published"].code == "CRS_G0", "36 h: the steroid of 40 h ago hides nothing any more"
    assert codes["site"].code == "CRS_SUSPECT_MASKED", "48 h: it still may"


def test_version_and_digest_say_that_a_site_protocol_is_in_force() -> None:
    one = in_force({"crs.resolve_after_h": {"value": 36}})
    other = in_force({"crs.resolve_after_h": {"value": 48}})
    assert one.version == f"{BASE.version}+site"
    assert len({BASE.digest, one.digest, other.digest}) == 3


@pytest.mark.parametrize(
    "head, override",
    [
        ({"approved_by": "Somebody else"}, {}),
        ({"approved_on": "2026-11-03"}, {}),
        ({"site": "Another"}, {}),
        ({}, {"reason": "because"}),
    ],
)
def test_whatever_a_decision_could_cite_changes_the_digest(head: dict[str, str], override: dict[str, str]) -> None:
    plain = in_force({"crs.resolve_after_h": {"value": 36}})
    assert in_force({"crs.resolve_after_h": {"value": 36, **override}}, **head).digest != plain.digest


def test_comments_and_order_of_lines_change_nothing() -> None:
    rows = {"crs.resolve_after_h": {"value": 36}, "crs.resolve_interval_max_h": {"value": 6}}
    turned = dict(reversed(rows.items()))
    text = "# approved, see minutes\n" + protocol_text(turned)
    assert put_in_force(BASE, parse_site_protocol("x", text, BASE)).digest == in_force(rows).digest


def test_a_file_that_overrides_nothing_leaves_the_rulebook_as_published() -> None:
    assert in_force({}) is BASE


def test_the_citation_of_a_touched_rule_says_what_the_site_chose_and_who_approved_it() -> None:
    rulebook = in_force({"crs.masking_max_h": {"value": {"steroid": 35}}})
    cite = rulebook.cite("CRS-5")
    assert cite.startswith(BASE.cite("CRS-5"))
    assert "site protocol" in cite
    assert "steroid 35 instead of 36 h" in cite
    assert "approved by Committee on 2026-11-02" in cite
    assert rulebook.cite("CRS-6") == BASE.cite("CRS-6")


def test_a_changed_priority_is_cited_by_the_rules_that_raise_the_alert() -> None:
    rulebook = in_force(
        {
            "alerts.priorities": {
                "value": {"INF_CUMULATIVE_GAP": "medium"},
                "i_depart_from_source": True,
                "reason": "seen within the hour here",
            }
        }
    )
    assert rulebook.alerts.priorities["INF_CUMULATIVE_GAP"] == "medium"
    assert "INF_CUMULATIVE_GAP medium" in rulebook.cite("INF-9").replace("INF CUMULATIVE GAP", "INF_CUMULATIVE_GAP")
    assert rulebook.cite("CRS-1") == BASE.cite("CRS-1")


def test_the_example_that_travels_with_blinwatch_is_good_and_needs_no_code_to_read() -> None:
    rulebook = load_rulebook_in_force(ROOT / "deploy" / "site-protocol.example.yaml")
    assert rulebook.crs.masking_max_h["steroid"] == 48
    assert rulebook.infusion.benzyl_min_weight_kg == 30
    assert rulebook.rows["crs.spo2_limit_pct"].site is not None
    assert rulebook.rows["crs.spo2_limit_pct"].site.departs_from_source


def test_without_a_file_the_rulebook_is_as_published() -> None:
    assert load_rulebook_in_force(None).digest == BASE.digest


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, value",
    [("crs.fever_from_c", 38.3), ("crs.sbp_limit_infant_mmhg", 72), ("infusion.gap_new_cycle_after_h", 160)],
)
def test_a_value_with_a_source_is_not_replaced_without_saying_so(name: str, value: float) -> None:
    said = fault(name, value=value)
    assert f"marked {BASE.rows[name].mark}" in said
    assert "`i_depart_from_source: true` and a `reason`" in said
    assert "needs a `reason`" in fault(name, value=value, i_depart_from_source=True, reason="  ")
    rulebook = in_force({name: {"value": value, "i_depart_from_source": True, "reason": "local practice"}})
    assert rulebook.rows[name].in_force == value


def test_false_is_no_statement_of_departure() -> None:
    assert "i_depart_from_source" in fault("crs.fever_from_c", value=38.3, i_depart_from_source=False, reason="x")
    assert "true or false" in "".join(
        faults(protocol_text({"crs.fever_from_c": {"value": 38.3, "i_depart_from_source": "yes", "reason": "x"}}))
    )


@pytest.mark.parametrize(
    "written, meant",
    [
        ("crs.fevr_from_c", "crs.fever_from_c"),
        ("fever_from_c", "crs.fever_from_c"),
        ("infusion.fever_from_c", "crs.fever_from_c"),
    ],
)
def test_an_unknown_row_is_named_with_the_nearest_known_one(written: str, meant: str) -> None:
    assert f"did you mean {meant}?" in fault(written, value=38.0)


def test_an_unknown_entry_of_a_table_is_named_with_the_nearest_known_one() -> None:
    assert "did you mean 'steroid'?" in fault("crs.masking_max_h", value={"steriod": 40})
    assert "value: {steroid: ...}" in fault("crs.masking_max_h.steroid", value=40)
    assert "write the entries to change" in fault("crs.masking_max_h", value=40)


def test_an_unknown_word_of_the_file_itself_is_named() -> None:
    said = " ".join(faults(protocol_text({"crs.resolve_after_h": {"value": 36, "reasons": "x"}}, aproved_by="x")))
    assert "'aproved_by'; did you mean 'approved_by'?" in said
    assert "'reasons'; did you mean 'reason'?" in said


@pytest.mark.parametrize(
    "name, value, told",
    [
        ("crs.resolve_after_h", 11.9, "12 to 96"),
        ("crs.resolve_after_h", 96.1, "12 to 96"),
        ("crs.resolve_after_h", -24, "12 to 96"),
        ("crs.resolve_after_h", float("nan"), "12 to 96"),
        ("crs.resolve_after_h", float("inf"), "12 to 96"),
        ("crs.masking_max_h", {"steroid": 169}, "12 to 168"),
        ("crs.masking_max_h", {"antipyretic": 36}, "4 to 24"),
        ("vitals.stale_after_h", {"sbp_mmhg": 9}, "2 to 8 (half to double the rulebook's 4)"),
        ("vitals.obs_interval_by_crs_grade_h", {1: 7}, "0.5 to 6"),
        ("crs.fever_confirm_sites", ["axillary", "forehead"], "one of oral, axillary"),
        ("crs.worst_window_h", 48, "24 to 24"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(name: str, value: Any, told: str) -> None:
    assert told in fault(name, value=value)


@pytest.mark.parametrize("value", [12, 96, 24.5])
def test_the_ends_of_a_range_are_inside(value: float) -> None:
    assert in_force({"crs.resolve_after_h": {"value": value}}).crs.resolve_after_h == value


@pytest.mark.parametrize(
    "name, value",
    [
        ("crs.resolve_after_h", "24"),
        ("crs.resolve_after_h", True),
        ("crs.resolve_after_h", None),
        ("crs.resolve_after_h", [24]),
        ("crs.low_bp_confirm_within_min", 7.5),
        ("crs.fever_confirm_sites", "axillary"),
        ("crs.fever_confirm_sites", [38]),
    ],
)
def test_a_value_of_another_kind_is_refused_and_never_guessed_at(name: str, value: Any) -> None:
    assert "the rulebook has" in fault(name, value=value)


def test_neighbouring_limits_may_not_change_places() -> None:
    low, high = "infusion.step_early_before_h", "infusion.step_overdue_after_h"
    assert BASE.rows[low].is_own_choice
    statement = {"i_depart_from_source": True, "reason": "x"}
    said = faults(protocol_text({low: {"value": 167}, "infusion.step_due_from_h": {"value": 165, **statement}}))
    assert any("167 is more than 165 of infusion.step_due_from_h" in one for one in said)
    assert in_force({low: {"value": 168}, high: {"value": 168}}).infusion.step_overdue_after_h == 168


def test_a_span_is_written_with_its_lower_end_first() -> None:
    said = fault("vitals.temperature_c", value=[43, 30], i_depart_from_source=True, reason="x")
    assert "write the lower first" in said


def test_an_order_of_entries_must_keep_them_all() -> None:
    order = list(BASE.infusion.headline_order)
    assert "each of the rulebook's entries once" in fault("infusion.headline_order", value=order[:-1])
    turned = in_force({"infusion.headline_order": {"value": [*order[1:], order[0]]}})
    assert turned.infusion.headline_order[-1] == order[0]


def test_an_override_that_was_approved_against_another_value_is_refused() -> None:
    assert "approved instead of 40" in fault("crs.resolve_after_h", value=36, instead_of=40)
    assert in_force({"crs.resolve_after_h": {"value": 36, "instead_of": 24.0}}).crs.resolve_after_h == 36
    table = {"value": {"steroid": 48}, "instead_of": {"steroid": 36}}
    assert in_force({"crs.masking_max_h": table}).crs.masking_max_h["steroid"] == 48


@pytest.mark.parametrize(
    "head, told",
    [
        ({"approved_by": ""}, "'approved_by' is missing"),
        ({"approved_by": 7}, "'approved_by' is missing"),
        ({"site": " "}, "'site' is missing"),
        ({"approved_on": "in autumn"}, "2026-11-30"),
        ({"approved_on": 20261102}, "2026-11-30"),
        ({"approved_on": None}, "2026-11-30"),
    ],
)
def test_who_approved_it_and_when_must_be_said(head: dict[str, Any], told: str) -> None:
    (only,) = faults(protocol_text({"crs.resolve_after_h": {"value": 36}}, **head))
    assert told in only


def test_every_fault_of_a_file_is_told_at_once() -> None:
    said = faults(
        """
        site: Example
        approved_on: soon
        overrides:
          crs.resolve_after_h: {value: 1000}
          crs.fever_from_c: {value: 38.3}
          crs.no_such_row: {value: 1}
          crs.resolve_interval_max_h: 6
        """
    )
    assert len(said) == 6


def test_a_key_that_stands_twice_is_refused_because_yaml_would_keep_the_last() -> None:
    said = faults(
        """
        site: Example
        approved_by: Committee
        approved_on: 2026-11-02
        overrides:
          crs.resolve_after_h: {value: 36}
          crs.resolve_after_h: {value: 48}
        """
    )
    assert said == ("'crs.resolve_after_h' is written twice (line 7); keep one",)


@pytest.mark.parametrize("text", ["", "[]", "just text", "site: [", "overrides: {a: b: c}"])
def test_a_file_that_is_no_site_protocol_is_refused(text: str) -> None:
    assert faults(text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SiteProtocolError, match=r"nowhere\.yaml.*\n.*cannot be read"):
        read_site_protocol(tmp_path / "nowhere.yaml", BASE)
    (tmp_path / "latin.yaml").write_bytes("site: Universitätsklinik".encode("latin-1"))
    with pytest.raises(SiteProtocolError, match="UTF-8"):
        read_site_protocol(tmp_path / "latin.yaml", BASE)


# --- the rulebook's own papers -----------------------------------------------------------------------------


def test_every_value_of_the_rulebook_may_be_confirmed_as_it_is() -> None:
    statement = {"i_depart_from_source": True, "reason": "confirmed as published"}
    rulebook = in_force({name: {"value": row.value, **statement} for name, row in BASE.rows.items()})
    for section in ("crs", "vitals", "infusion", "alerts", "drugs", "icans", "interactions"):
        assert repr(getattr(rulebook, section)) == repr(getattr(BASE, section))


def test_a_number_of_the_rulebook_outside_its_own_range_is_refused(tmp_path: Path) -> None:
    for name, text in read_clinical_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    path = tmp_path / "crs_astct_2019.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("range: [12, 96]", "range: [25, 96]"), encoding="utf-8")
    with pytest.raises(RulebookError, match=r"crs_astct_2019\.yaml: row 'resolve_after_h' .*25 to 96"):
        load_rulebook(tmp_path)


@pytest.mark.parametrize("wrong", ["[96, 12]", "[12]", "wide", "[12, high]", "[]"])
def test_a_range_that_is_none_is_refused(tmp_path: Path, wrong: str) -> None:
    for name, text in read_clinical_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    path = tmp_path / "crs_astct_2019.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("range: [12, 96]", f"range: {wrong}"), encoding="utf-8")
    with pytest.raises(RulebookError, match=r"row 'resolve_after_h'.*'range' must be"):
        load_rulebook(tmp_path)


def test_an_order_of_the_rulebook_that_does_not_hold_is_refused(tmp_path: Path) -> None:
    for name, text in read_clinical_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    path = tmp_path / "crs_astct_2019.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[fever_confirm_from_c, fever_from_c]", "[fever_from_c, fever_confirm_from_c]"))
    with pytest.raises(RulebookError, match=r"row 'crs\.fever_from_c'"):
        load_rulebook(tmp_path)
    path.write_text(text.replace("[fever_confirm_from_c, fever_from_c]", "[fever_from_c, fever_to_c]"))
    with pytest.raises(RulebookError, match="fever_to_c"):
        load_rulebook(tmp_path)


NUMBERS = sorted(name for name, row in BASE.rows.items() if isinstance(row.value, int | float))


@given(name=st.sampled_from(NUMBERS), factor=st.floats(0.01, 100), departs=st.booleans())
def test_no_number_ever_gets_in_force_outside_its_range_or_without_a_departure(
    name: str, factor: float, departs: bool
) -> None:
    row = BASE.rows[name]
    value = type(row.value)(row.value * factor)
    entry = {"value": value, "reason": "x", "i_depart_from_source": departs}
    try:
        rulebook = in_force({name: entry})
    except SiteProtocolError:
        return
    assert row.is_own_choice or departs
    low, high = row.range if isinstance(row.range, tuple) else sorted((row.value * 0.5, row.value * 2))
    assert low <= rulebook.rows[name].in_force <= high
    others = [one for one in BASE.rows if one != name]
    assert all(not changes_between(BASE.rows[one].in_force, rulebook.rows[one].in_force) for one in others)
