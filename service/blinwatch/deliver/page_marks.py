"""Headers of alerts.lifecycle.v1 that say whether to call somebody for a record (docs/reference/topics.md)."""

from collections.abc import Iterable

PAGE = "page"
"""`yes` or `no`."""
DELIVERY = "delivery"
"""`live` or `late`."""
DELAY_S = "delay-s"
"""When late: seconds between what happened and the record."""
REPEAT = "repeat"
"""`yes` on a record that was written before and is written again only to page for it."""


def is_repeat(headers: Iterable[tuple[str, bytes]]) -> bool:
    """Whether a record tells nothing that was not told before."""
    return any(name == REPEAT for name, _ in headers)
