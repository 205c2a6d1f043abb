"""A worker's start under other clinical data: told to the audit once, before anything is judged by them."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import parse_site_protocol, put_in_force
from blinwatch.stream.rulebook_log import RulebookLogError, take_over_rulebook
from tests.support.brokers import Broker
from tests.support.embedded import PlainReader, PlainWriter
from tests.support.records import START, VITALS, patients_of, vitals
from tests.support.worker_process import REAL, WorkerProcess

pytestmark = pytest.mark.kafka
BASE = load_rulebook()
SITE = """
site: Example
approved_by: Committee
approved_on: 2026-11-02
overrides:
  crs.spo2_limit_pct:
    value: {limit}
    i_depart_from_source: true
    reason: ward practice
"""


def site(limit: float) -> Rulebook:
    return put_in_force(BASE, parse_site_protocol("site.yaml", SITE.format(limit=limit), BASE))


def take_over(broker: Broker, rulebook: Rulebook, minutes: float = 0, group: str = "group") -> Any:
    started_at = START + timedelta(minutes=minutes)
    return asyncio.run(take_over_rulebook(broker.bootstrap, group, rulebook, BASE, started_at))


def audited(broker: Broker) -> list[dict[str, Any]]:
    reader = PlainReader(broker.bootstrap, "audit.decisions.v1")
    found = [orjson.loads(message.value())["decision"] for message in reader.read_to_end()]
    reader.close()
    return [decision for decision in found if decision["type"] == "rulebook_changed"]


def test_the_published_rulebook_at_the_first_start_is_remembered_and_not_told(broker: Broker) -> None:
    assert take_over(broker, BASE) is None
    assert take_over(broker, BASE) is None
    assert audited(broker) == []
    remembered = PlainReader(broker.bootstrap, "blinwatch.rulebook.v1")
    assert len(remembered.read_to_end()) == 1, "a start that changes nothing writes nothing"
    remembered.close()


def test_a_site_protocol_is_told_at_the_first_start_and_not_again(broker: Broker) -> None:
    assert take_over(broker, site(92)) is not None
    assert take_over(broker, site(92), 5) is None
    (told,) = audited(broker)
    assert (told["from_digest"], told["to_digest"]) == (BASE.digest, site(92).digest)
    assert [(one["row"], one["before"], one["after"]) for one in told["changes"]] == [("crs.spo2_limit_pct", 90, 92)]
    assert (told["approved_by"], told["occurred_at"]) == ("Committee", "2026-03-01T08:00:00Z")


def test_each_change_is_told_against_the_one_before_also_there_and_back_again(broker: Broker) -> None:
    for minutes, rulebook in enumerate((BASE, site(92), site(93), BASE, site(92))):
        take_over(broker, rulebook, minutes)
    told = audited(broker)
    steps = [[(one["before"], one["after"]) for one in decision["changes"]] for decision in told]
    assert steps == [[(90, 92)], [(92, 93)], [(93, 90)], [(90, 92)]]
    assert len({decision["decision_id"] for decision in told}) == 4


def test_groups_do_not_mix_their_memories(broker: Broker) -> None:
    take_over(broker, site(92), group="one")
    assert take_over(broker, BASE, group="two") is None
    assert take_over(broker, site(92), group="two") is not None


def test_workers_that_start_together_tell_one_change(broker: Broker) -> None:
    async def both() -> list[Any]:
        starts = (START, START + timedelta(seconds=1))
        return await asyncio.gather(
            *(take_over_rulebook(broker.bootstrap, "group", site(92), BASE, start) for start in starts)
        )

    asyncio.run(both())
    assert len({decision["decision_id"] for decision in audited(broker)}) == 1
    assert take_over(broker, site(92), 5) is None


def test_a_memory_that_is_none_stops_the_start_with_what_to_do(broker: Broker) -> None:
    writer = PlainWriter(broker.bootstrap)
    writer.write("blinwatch.rulebook.v1", "group", b"{}")
    writer.flush()
    with pytest.raises(Exception, match=r"blinwatch\.rulebook\.v1 holds a record that is none of blinwatch's"):
        take_over(broker, BASE)
    assert audited(broker) == []


def test_a_broker_that_does_not_answer_stops_the_start() -> None:
    with pytest.raises(RulebookLogError, match=r"127\.0\.0\.1:9 could not be told"):
        asyncio.run(take_over_rulebook("127.0.0.1:9", "group", BASE, BASE, START))


@pytest.mark.slow
def test_a_worker_restarted_with_a_changed_file_tells_the_audit_and_judges_by_it(
    broker: Broker, tmp_path: Path
) -> None:
    protocol = tmp_path / "site.yaml"
    (patient, other) = patients_of(0, 2, 4)
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1", "audit.decisions.v1")
    writer = PlainWriter(broker.bootstrap)
    signals = {"temperature_c": 38.5, "spo2_pct": 91, "sbp_mmhg": 120, "o2_device": "room_air"}

    def grades_of(name: str) -> list[str]:
        alerts = [orjson.loads(m.value()) for m in reader.records if m.topic() == "alerts.lifecycle.v1"]
        return [one["alert"]["code"] for one in alerts if one["patient_id"] == name and one["alert"]["key"] == "CRS"]

    with WorkerProcess(broker.bootstrap, tmp_path, REAL) as worker:
        writer.write(VITALS, patient, vitals(patient, 1, 1, **signals))
        writer.flush()
        reader.read_until(lambda _: grades_of(patient))
        assert worker.stop() == 0, worker.log()
    assert grades_of(patient) == ["CRS_G1"], "91 % is above the published limit of 90 %"

    protocol.write_text(SITE.format(limit=92), encoding="utf-8")
    with WorkerProcess(broker.bootstrap, tmp_path, REAL, site_protocol=protocol) as worker:
        writer.write(VITALS, other, vitals(other, 1, 2, **signals))
        writer.flush()
        reader.read_until(lambda _: grades_of(other))
        assert worker.stop() == 0, worker.log()
    assert grades_of(other) == ["CRS_G2"], "91 % is below the hospital's own limit of 92 %"

    (told,) = audited(broker)
    assert [(one["row"], one["before"], one["after"]) for one in told["changes"]] == [("crs.spo2_limit_pct", 90, 92)]
    versions = [
        orjson.loads(m.value())["rulebook_version"] for m in reader.records if m.topic() == "audit.decisions.v1"
    ]
    assert set(versions) == {BASE.version, f"{BASE.version}+site"}
    reader.close()


@pytest.mark.slow
def test_a_worker_with_a_faulty_file_does_not_start_and_names_every_fault(broker: Broker, tmp_path: Path) -> None:
    protocol = tmp_path / "site.yaml"
    protocol.write_text(SITE.format(limit=99).replace("ward practice", '""'), encoding="utf-8")
    with WorkerProcess(broker.bootstrap, tmp_path, REAL, site_protocol=protocol) as worker:
        assert worker.until_ended() == 1
        assert "2 faults in the site protocol" in worker.log()
        assert "crs.spo2_limit_pct" in worker.log()
    assert audited(broker) == []
