"""Workers with one mistake each. The checker must see what they do, or its zeros would mean nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

from blinwatch.core.events import PatientEvent
from blinwatch.stream.engine import Batch, Engine, TopicPartition
from blinwatch.stream.patient_book import PatientBook
from blinwatch.stream.source_record import SourceRecord
from blinwatch.stream.state_table import PROGRESS_HEADER, StateTable
from blinwatch.stream.telemetry import Outcome
from blinwatch.stream.workbench import Covered, Workbench
from tests.simulated.simulation import Parts


class StatesBeforeOutputs(Workbench[Any]):
    """Writes the states while outputs may still fail to arrive."""

    async def _make_durable(self, covered: Covered[Any]) -> list[int]:
        waiting = Covered(covered.offsets, covered.changed, (), covered.ownership)
        sizes = await super()._make_durable(waiting)
        await self._acknowledged(covered.writes)
        return sizes


class CommitsAtOnce(Workbench[Any]):
    """Hands the states over and does not wait for them."""

    async def _make_durable(self, covered: Covered[Any]) -> list[int]:
        for changed, term in covered.changed:
            await self._write(self._store.record_of(changed, changed.write(), term))
        return []


class OffsetsFrozenLate(Workbench[Any]):
    """Asks for the offsets when the states have been written: more has been judged by then."""

    async def _make_durable(self, covered: Covered[Any]) -> list[int]:
        sizes = await super()._make_durable(covered)
        offsets: dict[TopicPartition, int] = dict(covered.offsets)
        offsets.update(self.engine.judged_offsets())
        object.__setattr__(covered, "offsets", offsets)
        return sizes


class LastWrittenWins(StateTable):
    """Takes the states as they lie in the changelog."""

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        super().apply_changelog_batch(batch)
        for event in batch:
            states = self._read_back.get(event.partition)
            if states is not None and event.partition not in self._held:
                states[event.key] = states[event.key]._replace(value=event.value)


class MostOffsetsWin(StateTable):
    """Takes the state with the greatest sum of offsets, whoever wrote it."""

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        super().apply_changelog_batch(batch)
        for event in batch:
            states = self._read_back.get(event.partition)
            if states is None or event.partition in self._held:
                continue
            best = getattr(self, "_best", {})
            progress = int(dict(event.headers)[PROGRESS_HEADER])
            if progress >= best.get((event.partition, event.key), (0, b""))[0]:
                best[event.partition, event.key] = (progress, event.value)
            states[event.key] = states[event.key]._replace(value=best[event.partition, event.key][1])
            self._best = best


class KnowsNoOffsets(Engine[Any]):
    """Judges what comes, whether it is known or not."""

    def _step(self, book: PatientBook[Any], event: PatientEvent, record: SourceRecord, batch: Batch) -> Outcome:
        book.patient(event.patient_id).applied.pop(record.topic, None)
        return super()._step(book, event, record, batch)


class ForgetsAnAlert(Engine[Any]):
    """Leaves out what follows from every fiftieth record of a topic."""

    def _publish(self, decisions: tuple[Any, ...], record: SourceRecord, batch: Batch) -> None:
        if record.offset % 50 != 20:
            super()._publish(decisions, record, batch)


MISTAKES: Mapping[str, Parts] = {
    "states are written before their outputs are acknowledged": Parts(bench=StatesBeforeOutputs),
    "offsets are committed before the states are acknowledged": Parts(bench=CommitsAtOnce),
    "offsets are frozen after the states": Parts(bench=OffsetsFrozenLate),
    "recovery takes the state written last": Parts(table=LastWrittenWins),
    "recovery takes the state with the greatest sum of offsets": Parts(table=MostOffsetsWin),
    "states do not know which records they include": Parts(engine=KnowsNoOffsets),
    "a decision is dropped now and then": Parts(engine=ForgetsAnAlert),
}
