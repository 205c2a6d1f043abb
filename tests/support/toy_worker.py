"""A worker as `blinwatch worker` starts it, but with the toy judgement: `python -m tests.support.toy_worker`.

Settings come from BLINWATCH_* as always. The first argument, if any, is the id of an event that makes it fail.
"""

import sys

from blinwatch.observe.logs import set_up_logging
from blinwatch.settings import load_settings
from blinwatch.stream.run_worker import run_worker
from blinwatch.wiring import build_worker, require_topics
from tests.support.toy_judge import ToyJudge


def main() -> int:
    settings = load_settings()
    set_up_logging(settings.log_format, settings.log_level)
    require_topics(settings)
    poison = sys.argv[1] if len(sys.argv) > 1 else None
    return run_worker(lambda: build_worker(settings, ticks=None, judge=ToyJudge(poison)), settings.stall_exit_s)


if __name__ == "__main__":
    sys.exit(main())
