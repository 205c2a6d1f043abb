"""The short form of `make chaos`: one seed, one outage, and some thousand spoiled records."""

from pathlib import Path
from random import Random

import pytest

from tests.chaos import outages, poison, upgrade
from tests.chaos.fleet import WORKERS
from tests.chaos.one_seed import run_seed
from tests.chaos.plan import EVERYTHING, draw_plan
from tests.chaos.ward_feed import ChaosWard
from tests.support.apache_kafka import ApacheKafka
from tests.support.brokers import choice
from tests.support.worker_process import REAL, WorkerProcess

on_real_kafka = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.apache("the mock cluster has no copies and no doors for lines that fail"),
    pytest.mark.timeout(500),  # a seed of a minute, Java processes and workers that start again and again, on two cores
]
SEED = 1
"""A worker, a broker and another worker are killed, within a quarter of a minute."""


def test_a_seed_draws_the_same_blows_each_time() -> None:
    assert draw_plan(7, kills=30) == draw_plan(7, kills=30)
    assert draw_plan(7, kills=30) != draw_plan(8, kills=30)


def test_every_kind_of_blow_is_drawn_sooner_or_later() -> None:
    drawn = {blow.kind for seed in range(20) for blow in draw_plan(seed, kills=10).blows}
    assert drawn == set(EVERYTHING)


class TestOneOfEach:
    """Each with a cluster of its own."""

    pytestmark = on_real_kafka

    def test_a_seed_of_kills_loses_nothing_and_tells_nothing_twice(self, tmp_path: Path) -> None:
        choice.close()  # a fourth broker would only stand in the way
        plan = draw_plan(SEED, kills=2)
        ward = ChaosWard(tmp_path, SEED, sum(blow.after_s for blow in plan.blows) + 8)
        with ApacheKafka(brokers=3, doors=WORKERS) as kafka:
            report = run_seed(kafka, ward, plan, tmp_path)
        assert (report.tally.blows["kill"], report.tally.blows["kill broker"]) == (2, 1)
        assert not report.verdict.faults
        assert report.verdict.decisions > 20

    def test_while_every_worker_is_replaced_nothing_is_lost_and_no_alert_comes_late(self, tmp_path: Path) -> None:
        choice.close()
        with ApacheKafka(brokers=3, doors=WORKERS) as kafka:
            drill = upgrade.play(kafka, tmp_path, 1, 2.0)
        assert not drill.verdict.faults
        assert (drill.late, drill.failed_stops) == (0, 0)
        assert len(drill.rolling_s) > 20

    def test_an_outage_of_the_only_broker_loses_nothing(self, tmp_path: Path) -> None:
        choice.close()
        with ApacheKafka(doors=WORKERS) as kafka:
            kafka.create_catalogue_topics(outages.PARTITIONS)
            played, verdict, alarms = outages.play(kafka, tmp_path, [2.0], Random(1), 1)  # noqa: S311 - a seed, not a secret
        assert len(played) == 1
        assert verdict.decisions >= alarms > 20
        assert not verdict.faults

    def test_spoiled_records_end_in_the_dead_letters_and_no_worker_ends(self, tmp_path: Path) -> None:
        choice.close()
        with ApacheKafka() as kafka:
            kafka.create_catalogue_topics(poison.PARTITIONS)
            poison.allow_large_records(kafka)
            with WorkerProcess(kafka.bootstrap, tmp_path, REAL) as worker:
                worker.until_ready()
                expected, written = poison.write_poison(kafka.bootstrap, poison.spoiled_records(2, 3_000))
                poison.until_judged(kafka.bootstrap, worker)
                assert worker.stop() == 0
            assert poison.dead_letters(kafka.bootstrap) == expected
        assert 2_000 < expected.total() < written
