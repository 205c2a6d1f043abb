"""The permanent self-test: one round after the other, told to Prometheus and to the log."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from blinwatch.doctor.finding import Examination

log = logging.getLogger("blinwatch.doctor")


class Telling(Protocol):
    """Whoever counts what the doctor finds."""

    def examined(self, examination: Examination) -> None:
        """One round is over."""
        ...


async def keep_examining(look: Callable[[], Awaitable[Examination]], telling: Telling, every_s: float) -> None:
    """Examine until cancelled; a round that takes longer than `every_s` is followed by the next at once."""
    while True:
        began_s = time.monotonic()
        examination = await look()
        telling.examined(examination)
        for one in examination.findings:
            if one.verdict == "failed":
                log.error("%s: %s. To do: %s", one.check, one.said, one.remedy)
            else:
                log.debug("%s: %s", one.check, one.said)
        log.info("examined: %s", "all is well" if examination.is_well else "something failed")
        await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began_s)))
