"""What is delivered: one record of an alert's life (or a grade's), as a target sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, cast

import orjson

from blinwatch.deliver.cloud_event import ID
from blinwatch.deliver.page_marks import PAGE
from blinwatch.deliver.publish_decisions import LIFECYCLE_TOPIC
from blinwatch.forward.targets_file import Wanted

ANSWERS = frozenset({"acknowledged", "shelved", "inhibited", "resolved"})
"""Steps after which nobody has to be called any more: somebody knows, a graver alert stands for it, or it is over."""


@dataclass(frozen=True)
class Letter:
    """A record of alerts.lifecycle.v1 or toxicity.grades.v1."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    written_s: float
    """When the broker has it from, in seconds since 1970."""

    @cached_property
    def told(self) -> Mapping[str, Any]:
        """The decision."""
        return cast("Mapping[str, Any]", orjson.loads(self.value))

    @cached_property
    def marks(self) -> Mapping[str, str]:
        """Its headers as text."""
        return {name: value.decode("utf-8", "replace") for name, value in self.headers}

    @property
    def id(self) -> str:
        """The same for each repetition; another for the record that calls (docs/subscribe.md)."""
        return self.marks[ID]

    @property
    def alert(self) -> Mapping[str, Any]:
        """The alert as it is after this step; empty in a grade."""
        return cast("Mapping[str, Any]", self.told.get("alert") or {})

    @property
    def subject(self) -> str:
        """What has to stay in order: the alert, or of a grade the patient."""
        return str(self.told.get("alert_id") or self.told["patient_id"])

    @property
    def step(self) -> str:
        """Which step of the alert's life; empty in a grade."""
        return str(self.told.get("transition", ""))

    @property
    def calls(self) -> bool:
        """Whether somebody is to be called."""
        return self.marks.get(PAGE) == "yes"

    @property
    def answers(self) -> bool:
        """Whether nobody has to be called for its alert any more."""
        return self.step in ANSWERS

    def is_wanted(self, only: Wanted) -> bool:
        """Whether a target wants it."""
        if self.topic != LIFECYCLE_TOPIC:
            return True
        alert = self.alert
        return (
            alert.get("priority") in only.priorities
            and (not only.codes or alert.get("code") in only.codes)
            and (not only.wards or alert.get("ward") in only.wards)
            and (not only.calls_only or self.calls or self.answers)
        )


class NotTakenError(Exception):
    """A target did not take a letter; the text says why, in words without a patient in them."""

    def __init__(self, reason: str, *, is_final: bool = False, wait_s: float = 0.0) -> None:
        """`is_final`: it never will. `wait_s`: how long the target asks to be left alone."""
        super().__init__(reason)
        self.is_final, self.wait_s = is_final, wait_s


class Way(Protocol):
    """How one target is reached."""

    async def deliver(self, letter: Letter) -> str:
        """Hand over; what the target said, for the receipt. Raises `NotTakenError`."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
