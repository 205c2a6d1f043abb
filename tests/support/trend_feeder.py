"""A process that fills a trend store until it is killed: `python -m tests.support.trend_feeder BOOTSTRAP FILE`."""

import asyncio
import sys
from pathlib import Path

from blinwatch.board.feed_trends import TrendFeed
from blinwatch.board.trends.sqlite_store import open_sqlite
from blinwatch.clinical.load_rulebook import load_rulebook


def main() -> None:
    """Fill in small batches, so that a kill falls between two of many."""
    bootstrap, file = sys.argv[1:]
    feed = TrendFeed(
        bootstrap, lambda: open_sqlite(Path(file)), load_rulebook(), retention_days=36_500, records_at_once=200
    )
    asyncio.run(feed.run())


if __name__ == "__main__":
    main()
