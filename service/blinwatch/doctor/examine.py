"""One round of the doctor: broker, topics, workers, and a made-up patient in each partition."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka.errors import KafkaError

from blinwatch.catalogue import Catalogue
from blinwatch.catalogue_check import BrokerError, inspect_topics
from blinwatch.doctor.ask_workers import ask_workers
from blinwatch.doctor.finding import Examination, Finding
from blinwatch.doctor.made_up_patient import Course, ask_test_patients, patient_in

NAMED_MOST = 3
"""A sentence that lists more is not read; `blinwatch topics check` lists all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminationPlan:
    """What is examined, and how soon an alert must come."""

    bootstrap: str
    catalogue: Catalogue
    workers: tuple[str, ...]
    """HOST:PORT of their web pages; one name may stand for many."""
    within_s: float
    name: str
    """Tells the made-up patients of the permanent self-test from a person's."""
    partition_of: Callable[[bytes], int]


async def examine(plan: ExaminationPlan) -> Examination:
    """All checks in turn. What cannot be asked because another check failed is said to be so."""
    at = datetime.now(UTC)
    broker, topics, may_ask = await _broker_and_topics(plan)
    workers = await _workers(plan)
    if may_ask:
        patient = await _test_patient(plan)
    else:
        patient = Finding(check="test_patient", verdict="not_asked", said="no patient was made up: see above")
    return Examination(at=at, findings=(broker, topics, workers, patient))


async def _broker_and_topics(plan: ExaminationPlan) -> tuple[Finding, Finding, bool]:
    """Both answers, and whether records may be written."""
    try:
        report = await inspect_topics(plan.bootstrap, plan.catalogue)
    except BrokerError as error:
        remedy = "see whether Kafka runs, and whether this process may reach it and has the doctor's certificate"
        broker = Finding(check="broker", verdict="failed", said=str(error), remedy=remedy)
        return broker, Finding(check="topics", verdict="not_asked", said="the broker does not answer"), False
    broker = Finding(check="broker", verdict="well", said=f"the broker at {plan.bootstrap} answers")
    number = len(plan.catalogue.topics)
    if report.problems:
        first = "; ".join(problem.sentence for problem in report.problems[:NAMED_MOST])
        more = len(report.problems) - NAMED_MOST
        said = first + (f"; and {more} more" if more > 0 else "")
        topics = Finding(check="topics", verdict="failed", said=said, remedy="run `blinwatch topics check`")
    else:
        seen = "" if report.configuration_read else " in name and partitions; this broker does not tell their settings"
        topics = Finding(check="topics", verdict="well", said=f"all {number} topics are as the catalogue says{seen}")
    return broker, topics, not any(problem.blocking for problem in report.problems)


async def _workers(plan: ExaminationPlan) -> Finding:
    if not plan.workers:
        said = "no worker was asked; name them with --worker HOST:PORT"
        return Finding(check="workers", verdict="not_asked", said=said)
    answers = await ask_workers(plan.workers)
    ill = [one for one in answers if not one.ready]
    if not ill:
        said = "1 worker is ready" if len(answers) == 1 else f"{len(answers)} workers are ready"
        return Finding(check="workers", verdict="well", said=said)
    said = f"{len(ill)} of {len(answers)} workers not ready: " + "; ".join(f"{one.address}: {one.said}" for one in ill)
    return Finding(check="workers", verdict="failed", said=said, remedy="read the worker's log; restart it if it stays")


async def _test_patient(plan: ExaminationPlan) -> Finding:
    numbers = range(plan.catalogue.partitions)
    patients = {number: patient_in(number, plan.name, plan.partition_of) for number in numbers}
    try:
        course = await ask_test_patients(plan.bootstrap, patients, plan.within_s)
    except (KafkaError, OSError, TimeoutError) as error:
        said = f"the made-up patient could not be asked about: {type(error).__name__}"
        remedy = "see whether the doctor's role is granted (`blinwatch roles apply`) and every partition has a leader"
        return Finding(check="test_patient", verdict="failed", said=said, remedy=remedy)
    return _told(course, plan)


def _told(course: Course, plan: ExaminationPlan) -> Finding:
    alert_s = tuple(course.alert_s.values())
    partitions = plan.catalogue.partitions
    if course.without_alert:
        said = (
            f"no alert within {plan.within_s:g} s in {len(course.without_alert)} of {partitions} partitions "
            f"({_numbers(course.without_alert)}): what happens to patients there may not be judged"
        )
        remedy = (
            "tell the wards to watch monitors and pumps themselves; then find the workers of these partitions, the "
            "dead letters of assessments.recorded.v1, and workers of an older release (docs/operating/doctor.md)"
        )
        return Finding(check="test_patient", verdict="failed", said=said, remedy=remedy, alert_s=alert_s)
    slowest = f"slowest {max(alert_s):.2f} s"
    if course.without_end:
        said = (
            f"the alert came in all {partitions} partitions ({slowest}), and its end did not within "
            f"{plan.within_s:g} s in {_numbers(course.without_end)}"
        )
        remedy = "run the doctor once more; if it stays, read the workers' logs"
        return Finding(check="test_patient", verdict="failed", said=said, remedy=remedy, alert_s=alert_s)
    said = f"a made-up patient's alert came and ended in each of {partitions} partitions; {slowest}"
    return Finding(check="test_patient", verdict="well", said=said, alert_s=alert_s)


def _numbers(partitions: list[int]) -> str:
    return "partition " + ", ".join(map(str, partitions))
