"""A worker that stalls when told to: `python -m tests.support.stalling_worker HOW FLAG`.

HOW is `loop` (the judgement never comes back, so the event loop stands) or `fetching` (the consumer asks for nothing
any more and believes that nothing is there); it begins once the file FLAG exists.
"""

import sys
import threading
from pathlib import Path
from typing import Any

from blinwatch.core.decisions import Decision
from blinwatch.core.events import AnyEvent
from blinwatch.observe.logs import set_up_logging
from blinwatch.settings import load_settings
from blinwatch.stream.batch_consumer import BatchConsumer
from blinwatch.stream.run_worker import run_worker
from blinwatch.wiring import build_worker, require_topics
from tests.support.toy_judge import ToyJudge, ToyState


class StuckJudge(ToyJudge):
    """Never answers once the flag is there."""

    def __init__(self, flag: Path) -> None:
        super().__init__()
        self._flag = flag

    def step(self, state: ToyState, event: AnyEvent) -> tuple[ToyState, tuple[Decision, ...]]:
        if self._flag.exists():
            threading.Event().wait()
        return super().step(state, event)


def main() -> int:
    settings = load_settings()
    set_up_logging(settings.log_format, settings.log_level)
    require_topics(settings)
    how, flag = sys.argv[1], Path(sys.argv[2])
    judge = StuckJudge(flag) if how == "loop" else ToyJudge()
    if how == "fetching":
        wanted: Any = BatchConsumer._is_wanted
        BatchConsumer._is_wanted = lambda self, tp: not flag.exists() and wanted(self, tp)
    return run_worker(lambda: build_worker(settings, ticks=None, judge=judge), settings.stall_exit_s)


if __name__ == "__main__":
    sys.exit(main())
