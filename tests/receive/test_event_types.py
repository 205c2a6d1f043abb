"""The classes in code and the types in the catalogue say the same."""

from typing import get_args

from blinwatch.catalogue import load_catalogue
from blinwatch.core.events import AnyEvent
from blinwatch.receive.event_types import EVENT_CLASSES, INPUT_UNIONS, TYPE_NAMES


def test_every_input_topic_of_the_catalogue_has_its_events() -> None:
    assert set(INPUT_UNIONS) == {topic.name for topic in load_catalogue().inputs}


def test_the_catalogue_lists_exactly_the_types_a_topic_takes() -> None:
    for topic in load_catalogue().inputs:
        assert set(topic.event_types) == TYPE_NAMES[topic.name]


def test_every_event_the_judgement_knows_arrives_on_one_topic() -> None:
    carried = [one for many in EVENT_CLASSES.values() for one in many]
    assert sorted(one.__name__ for one in carried) == sorted(one.__name__ for one in get_args(AnyEvent))
