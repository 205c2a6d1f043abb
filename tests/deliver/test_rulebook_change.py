"""What the audit is told when other clinical data come in force."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import parse_site_protocol, put_in_force
from blinwatch.deliver.rulebook_change import (
    RulebookInForce,
    RulebookMemoryError,
    audit_record,
    find_change,
    in_force,
    memory_record,
    read_memory,
)

AT = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
BASE = load_rulebook()
EXAMPLE = Path(__file__).resolve().parents[2] / "schemas" / "examples" / "audit.decisions.v1" / "rulebook-changed.json"


def site(steroid_h: float) -> Rulebook:
    text = f"""
        site: Example
        approved_by: Committee
        approved_on: 2026-11-02
        overrides:
          crs.masking_max_h: {{value: {{steroid: {steroid_h}}}, reason: long-acting}}
    """
    return put_in_force(BASE, parse_site_protocol("site.yaml", text, BASE))


def remembered(rulebook: Rulebook, number: int = 0) -> RulebookInForce:
    value = memory_record("group", in_force(rulebook, number)).value
    assert value is not None
    return read_memory(value)


def test_the_same_rulebook_is_no_change() -> None:
    assert find_change("group", remembered(BASE), BASE, AT) is None
    assert find_change("group", remembered(site(48)), site(48), AT) is None


def test_a_changed_value_is_told_with_its_old_and_new_value_and_who_approved_it() -> None:
    change = find_change("group", remembered(BASE), site(48), AT)
    assert change is not None
    assert (change.from_version, change.to_version) == (BASE.version, f"{BASE.version}+site")
    assert (change.from_digest, change.to_digest) == (BASE.digest, site(48).digest)
    assert (change.approved_by, change.approved_on, change.occurred_at) == ("Committee", "2026-11-02", AT)
    (only,) = change.changes
    assert (only.row, only.entry, only.before, only.after, only.unit) == ("crs.masking_max_h", "steroid", 36, 48, "h")
    assert (only.rules, only.mark, only.reason) == (("CRS-5",), "[C]", "long-acting")
    assert not only.i_depart_from_source


def test_going_back_to_the_published_rulebook_is_a_change_too() -> None:
    change = find_change("group", remembered(site(48), 1), BASE, AT)
    assert change is not None
    assert change.approved_by is None
    assert [(one.before, one.after) for one in change.changes] == [(48, 36)]


def test_a_row_that_came_or_went_with_a_release_is_told() -> None:
    old = remembered(BASE)
    values = {name: value for name, value in old.values.items() if name != "crs.resolve_after_h"} | {"crs.old_h": 3}
    last = RulebookInForce(number=4, version="1.0.9", digest="0" * 16, values=values)
    change = find_change("group", last, BASE, AT)
    assert change is not None
    told = {one.row: (one.before, one.after) for one in change.changes}
    assert told == {"crs.resolve_after_h": (None, 24), "crs.old_h": (3, None)}


def test_workers_that_start_together_write_the_same_record_and_a_later_change_another() -> None:
    first = find_change("group", remembered(BASE, 0), site(48), AT)
    second = find_change("group", remembered(BASE, 0), site(48), AT.replace(minute=1))
    again = find_change("group", remembered(BASE, 2), site(48), AT)
    other_group = find_change("another", remembered(BASE, 0), site(48), AT)
    ids = [change.decision_id for change in (first, second, again, other_group) if change is not None]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3, "back and forth again is a change of its own, and so is another group's"


def test_the_record_is_an_audit_record_under_the_groups_name() -> None:
    change = find_change("group", remembered(BASE), site(48), AT)
    assert change is not None
    record = audit_record(change)
    assert (record.topic, record.key) == ("audit.decisions.v1", b"group")
    assert dict(record.headers)["type"] == b"rulebook_changed"
    assert record.value is not None
    value = orjson.loads(record.value)
    assert value["rulebook_digest"] == change.to_digest
    assert value["decision"]["type"] == "rulebook_changed"
    assert value["decision"]["occurred_at"] == "2026-11-03T06:00:00Z"


def test_the_example_has_the_form_of_a_written_record() -> None:
    change = find_change("group", remembered(BASE), site(48), AT)
    assert change is not None
    written = orjson.loads(audit_record(change).value or b"")
    example = orjson.loads(EXAMPLE.read_bytes())
    assert set(example) == set(written)
    assert set(example["decision"]) == set(written["decision"])
    assert set(example["decision"]["changes"][0]) == set(written["decision"]["changes"][0])


def test_what_is_no_memory_is_refused_with_what_to_do() -> None:
    with pytest.raises(RulebookMemoryError, match="Remove it"):
        read_memory(b'{"number": 1}')
