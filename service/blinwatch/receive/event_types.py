"""Which events each input topic carries, and the pydantic forms that read and write them.

The catalogue names the types for people and other programs; here they are the classes themselves
(tests/receive/test_event_types.py proves that both say the same).
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, get_args

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from blinwatch.core.events import (
    AlertCommand,
    AnyEvent,
    Assessment,
    LabResulted,
    MedicationAdministered,
    TherapyOrder,
    Tick,
    VitalsObserved,
)
from blinwatch.core.pump_events import PumpEvent

INPUT_UNIONS: MappingProxyType[str, Any] = MappingProxyType(
    {
        "vitals.observed.v1": VitalsObserved,
        "pump.events.v1": PumpEvent,
        "assessments.recorded.v1": Assessment,
        "medications.administered.v1": MedicationAdministered,
        "labs.resulted.v1": LabResulted,
        "therapy.orders.v1": TherapyOrder,
        "alerts.commands.v1": AlertCommand,
        "clock.ticks.v1": Tick,
    }
)
"""Input topic to its event class or union of classes."""


def _classes(union: Any) -> tuple[type[AnyEvent], ...]:
    return get_args(union) or (union,)


def type_name(event_class: type[AnyEvent]) -> str:
    """The value of `type` that tells this class from the others of its topic."""
    return event_class.__dataclass_fields__["type"].default


EVENT_CLASSES: MappingProxyType[str, tuple[type[AnyEvent], ...]] = MappingProxyType(
    {topic: _classes(union) for topic, union in INPUT_UNIONS.items()}
)
"""Input topic to the classes of the events it carries."""

TYPE_NAMES: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {topic: frozenset(map(type_name, classes)) for topic, classes in EVENT_CLASSES.items()}
)
"""Input topic to the values that `type` may have there."""


@dataclass(frozen=True, slots=True)
class _Tagged:
    """Marks classes told apart by `type`, one or many.

    pydantic's own discriminator needs at least two. Here `type` is required on every topic, so that a topic
    may carry a second type of event one day without a sender who left it out being misread.
    """

    classes: tuple[type[AnyEvent], ...]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {type_name(one): handler.generate_schema(one) for one in self.classes}
        return core_schema.tagged_union_schema(choices, discriminator="type")


def _adapter(topic: str) -> TypeAdapter[AnyEvent]:
    tagged: Any = Annotated[INPUT_UNIONS[topic], _Tagged(EVENT_CLASSES[topic])]
    return TypeAdapter(tagged)


ADAPTERS: MappingProxyType[str, TypeAdapter[AnyEvent]] = MappingProxyType(
    {topic: _adapter(topic) for topic in INPUT_UNIONS}
)
"""Input topic to the reader of its events, built once: building them takes a good part of a second."""

_TOPIC_OF_CLASS = {one: topic for topic, classes in EVENT_CLASSES.items() for one in classes}


def topic_of(event: AnyEvent) -> str:
    """The input topic an event belongs on."""
    return _TOPIC_OF_CLASS[type(event)]
