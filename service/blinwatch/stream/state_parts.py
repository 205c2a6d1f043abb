"""The parts of a judgement that hold many records of one kind, as rows and back (state_rows.py).

What:      `write` gives a part's JSON, or None where something in it has no place in a row: the part is then stored by
           name with the rest. `put_back` gives the mapping that pydantic checks.
Inputs:    a judgement; the stored mapping of one.
Caveats:   what stands in several alerts (a citation, the rulebook's digest, a word of evidence) is stored once, and the
           alerts hold its number. A number can only stand where a text belongs, so neither is taken for the other.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from blinwatch.core.adverse_events.judge import EventView
from blinwatch.core.alert_lifecycle import AlertBook
from blinwatch.core.decisions import Alert
from blinwatch.core.infusion.ledger import Ledger
from blinwatch.core.interactions.drug_book import DrugBook
from blinwatch.core.labs.lab_book import LabBook
from blinwatch.core.patient_state import Judgement
from blinwatch.stream.state_rows import (
    ALERT,
    DRUG,
    ENTRY,
    EVIDENCE,
    GAP,
    HAPPENING,
    LAB,
    PART,
    PREMED,
    RUN,
    VERDICT,
    Layout,
    Named,
    long_time,
    shared_texts,
    short_time,
)

Rows = list[list[Any]]
_SHORTEST_SHARED = 4
"""A number and its comma are hardly shorter than a text of three letters in its quotes."""
_ALERT_TIMES = tuple(
    map(ALERT.names.index, ("since", "raised_at", "updated_at", "absent_since", "shelved_until", "resolved_at"))
)
_SINCE = ALERT.names.index("since")
_LIKE_SINCE = (ALERT.names.index("raised_at"), ALERT.names.index("updated_at"))
_ALERT_TEXTS = tuple(
    index
    for index, name in enumerate(ALERT.names)
    if name not in ("level", "episode", "summary", "evidence", "hides") and index not in _ALERT_TIMES
)
_SUMMARY = ALERT.names.index("summary")
_SENTENCES = ". "
"""Alerts of one code end in the same sentences of advice."""
_EVIDENCE = ALERT.names.index("evidence")
_EVIDENCE_TIME = EVIDENCE.names.index("observed_at")
_EVIDENCE_TEXTS = tuple(map(EVIDENCE.names.index, ("name", "unit", "event_id")))


class _NoPlaceError(Exception):
    """A record holds something that its row has no place for."""


def _row(layout: Layout, record: object) -> list[Any]:
    row = layout.row(record)
    if row is None:
        raise _NoPlaceError
    return row


def _rows(layout: Layout, records: Iterable[object]) -> Rows:
    return [_row(layout, record) for record in records]


def _set(row: list[Any], places: Iterable[int], change: Callable[[Any], Any]) -> None:
    """Change what stands at these places, as far as the row reaches."""
    for place in places:
        if place < len(row):
            row[place] = change(row[place])


# --- Alerts ------------------------------------------------------------------------------------------------------


def _write_alerts(book: AlertBook) -> Named:
    rows = [_alert_row(alert) for alert in book.standing]
    lists = _lists_of_texts(rows)
    keys = list(book.episodes)
    said = [text for row, places in lists for place in places if (text := row[place]) is not None]
    numbers = shared_texts([text for text in (*said, *keys) if len(text) >= _SHORTEST_SHARED])

    def numbered(text: str | None) -> str | int | None:
        return None if text is None else numbers.get(text, text)

    for row, places in lists:
        _set(row, places, numbered)
    episodes = [(numbered(key), episode) for key, episode in book.episodes.items()]
    return {"texts": list(numbers), "standing": rows, "episodes": episodes}


def _alert_row(alert: Alert) -> list[Any]:
    """The alert's row, with its texts still in words; a time that is also its beginning is left out."""
    row = _row(ALERT, alert)
    _set(row, _ALERT_TIMES, short_time)
    for place in _LIKE_SINCE:
        if row[place] == row[_SINCE]:
            row[place] = None
    row[_SUMMARY] = alert.summary.split(_SENTENCES)
    row[_EVIDENCE] = _rows(EVIDENCE, alert.evidence)
    for one in row[_EVIDENCE]:
        _set(one, (_EVIDENCE_TIME,), short_time)
    return row


def _lists_of_texts(rows: Rows) -> list[tuple[list[Any], tuple[int, ...]]]:
    """Every list in the alerts' rows that holds texts, with where they stand in it."""
    lists = [(row, _within(row, _ALERT_TEXTS)) for row in rows]
    lists += [(row[_SUMMARY], tuple(range(len(row[_SUMMARY])))) for row in rows]
    lists += [(one, _within(one, _EVIDENCE_TEXTS)) for row in rows for one in row[_EVIDENCE]]
    return lists


def _within(row: list[Any], places: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(place for place in places if place < len(row))


def _read_alerts(base: Named, stored: Named) -> None:
    texts: list[str] = stored["texts"]

    def text_of(value: str | int | None) -> Any:
        return texts[value] if isinstance(value, int) else value

    for row, places in _lists_of_texts(stored["standing"]):
        _set(row, places, text_of)
    standing = [{**_alert_by_name(row), "patient_id": base["patient_id"]} for row in stored["standing"]]
    episodes = {text_of(key): episode for key, episode in stored["episodes"]}
    base["alerts"] = {**base.get("alerts", {}), "standing": standing, "episodes": episodes}


def _alert_by_name(row: list[Any]) -> Named:
    row[_SUMMARY] = _SENTENCES.join(row[_SUMMARY])
    for place in _LIKE_SINCE:
        if row[place] is None:
            row[place] = row[_SINCE]
    _set(row, _ALERT_TIMES, long_time)
    for one in row[_EVIDENCE]:
        _set(one, (_EVIDENCE_TIME,), long_time)
    row[_EVIDENCE] = [EVIDENCE.named(one) for one in row[_EVIDENCE]]
    return ALERT.named(row)


# --- Ledger, drugs, laboratory, other events ----------------------------------------------------------------------


def _write_ledger(ledger: Ledger) -> Named:
    stored: Named = {"entries": _rows(ENTRY, ledger.entries)}
    if ledger.settled is not None:
        stored["closed_gaps"] = _rows(GAP, ledger.settled.closed_gaps)
        stored["happenings"] = _rows(HAPPENING, ledger.settled.happenings)
    return stored


def _without_ledger(ledger: Ledger) -> Ledger:
    settled = None if ledger.settled is None else replace(ledger.settled, closed_gaps=(), happenings=())
    return replace(ledger, entries=(), settled=settled)


def _read_ledger(base: Named, stored: Named) -> None:
    ledger: Named = base.setdefault("ledger", {})
    ledger["entries"] = [ENTRY.named(row) for row in stored["entries"]]
    if "closed_gaps" in stored:
        settled: Named = ledger.setdefault("settled", {})
        settled["closed_gaps"] = [GAP.named(row) for row in stored["closed_gaps"]]
        settled["happenings"] = [HAPPENING.named(row) for row in stored["happenings"]]


def _write_drugs(book: DrugBook) -> Rows:
    return _rows(DRUG, book.drugs)


def _read_drugs(base: Named, stored: Rows) -> None:
    base["drugs"] = {"drugs": [DRUG.named(row) for row in stored]}


def _write_labs(book: LabBook) -> Named:
    return {name: [_rows(LAB, series.recent), series.days] for name, series in book.series.items()}


def _read_labs(base: Named, stored: dict[str, tuple[Rows, list[Any]]]) -> None:
    series = {name: {"recent": [LAB.named(row) for row in rows], "days": days} for name, (rows, days) in stored.items()}
    base["labs"] = {"series": series}


def _write_events(view: EventView | None) -> list[Any] | None:
    if view is None:
        return None
    rows = _rows(VERDICT, view.verdicts)
    for row in rows:
        _set(row, _PARTS, partial(_rows, PART))
    return [view.at_ms, rows]


_PARTS = (VERDICT.names.index("parts"),)


def _read_events(base: Named, stored: list[Any] | None) -> None:
    if stored is None:
        return
    at_ms, rows = stored
    for row in rows:
        _set(row, _PARTS, lambda parts: [PART.named(one) for one in parts])
    base["events"] = {"at_ms": at_ms, "verdicts": [VERDICT.named(row) for row in rows]}


# --- Each part by the judgement's own name --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StatePart:
    """One part: the name of the judgement's field that holds it, and its way to rows and back."""

    name: str
    to_rows: Callable[[Any], Any]
    rest: Callable[[Any], Any]
    """What is left of the part to be stored by name."""
    put_back: Callable[[Named, Any], None]

    def write(self, judgement: Judgement) -> bytes | None:
        """The part's JSON; None where it has to be stored by name."""
        try:
            return orjson.dumps(self.to_rows(getattr(judgement, self.name)))
        except _NoPlaceError:
            return None


def _no_drugs(_: DrugBook) -> DrugBook:
    return DrugBook()


def _no_labs(_: LabBook) -> LabBook:
    return LabBook()


def _no_events(_: EventView | None) -> None:
    return None


def _no_alerts(book: AlertBook) -> AlertBook:
    return replace(book, standing=(), episodes={})


def _nothing(_: tuple[object, ...]) -> tuple[object, ...]:
    return ()


def _plain_part(name: str, layout: Layout) -> StatePart:
    """A field of the judgement that is a tuple of such records and nothing else."""

    def put_back(base: Named, stored: Rows) -> None:
        base[name] = [layout.named(row) for row in stored]

    return StatePart(name, partial(_rows, layout), _nothing, put_back)


PARTS = (
    StatePart("alerts", _write_alerts, _no_alerts, _read_alerts),
    StatePart("ledger", _write_ledger, _without_ledger, _read_ledger),
    StatePart("drugs", _write_drugs, _no_drugs, _read_drugs),
    StatePart("labs", _write_labs, _no_labs, _read_labs),
    StatePart("events", _write_events, _no_events, _read_events),
    _plain_part("drug_runs", RUN),
    _plain_part("premeds", PREMED),
)
