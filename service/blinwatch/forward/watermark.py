"""Up to where a partition's records are settled: letters end in any order, Kafka knows one offset."""

from collections import OrderedDict


class Watermark:
    """One partition. Offsets begin in ascending order."""

    def __init__(self) -> None:
        self._open: OrderedDict[int, bool] = OrderedDict()
        self._next: int | None = None
        self._committed: int | None = None

    def begin(self, offset: int) -> None:
        """A record has been read."""
        self._open[offset] = False

    def settle(self, offset: int) -> None:
        """All that had to be done for it is done. Of one that is not known (the partition went away) nothing is."""
        if offset not in self._open:
            return
        self._open[offset] = True
        while self._open and next(iter(self._open.values())):
            first, _ = self._open.popitem(last=False)
            self._next = first + 1

    @property
    def news(self) -> int | None:
        """The offset to commit: that of the first record that is not settled; None where it is committed already."""
        return None if self._next == self._committed else self._next

    def committed(self, offset: int) -> None:
        """The broker has it."""
        self._committed = offset
