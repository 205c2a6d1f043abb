"""`blinwatch alarm-load`: figures for a safety committee, from a trend store."""

import csv
import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blinwatch.board.trends.sqlite_store import open_sqlite
from blinwatch.cli import build_app
from blinwatch.commands.failure import CommandError
from tests.board.trends.rows import DAY_MS, HOUR_MS, batch, transition, watch

runner = CliRunner()
SPAN = ["--since", "2026-03-01", "--until", "2026-03-02T00:00+00:00"]


def _store(folder: Path) -> str:
    file = folder / "trends.db"
    store = open_sqlite(file)
    store.write(
        batch(
            transitions=[
                transition("d1", HOUR_MS),
                transition("d2", HOUR_MS + 90_000, "acknowledged", reason="on my way"),
                transition("d3", HOUR_MS, alert_id="a2", key="BAG", code="INF_BAG", ward="other ward"),
                transition("d4", DAY_MS, alert_id="a3"),
            ],
            watches=[watch(0), watch(12 * HOUR_MS)],
        )
    )
    store.close()
    return f"sqlite:///{file}"


def test_the_table_tells_load_target_and_each_rule(tmp_path: Path) -> None:
    done = runner.invoke(build_app(), ["alarm-load", "--store", _store(tmp_path), *SPAN], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert "2026-03-01 00:00 to 2026-03-02 00:00 UTC, all wards: 0.5 patient-days" in done.output
    assert "4.00 alerts a patient-day (at most 10), 0.0% of them high (at most 5%): within the target" in done.output
    assert "CRS_G1 (CRS-2, medium)" in done.output
    assert "90 s" in done.output


def test_a_wards_csv_holds_its_alerts_only(tmp_path: Path) -> None:
    done = runner.invoke(
        build_app(), ["alarm-load", "--store", _store(tmp_path), *SPAN, "--ward", "haematology", "--csv"]
    )
    lines = list(csv.DictReader(io.StringIO(done.output, newline="")))
    assert [(line["code"], line["raised"]) for line in lines if line["scope"] == "rule"] == [("CRS_G1", "1")]
    assert {line["ward"] for line in lines} == {"haematology"}


def test_a_span_in_which_nobody_was_watched_is_said(tmp_path: Path) -> None:
    empty = ["--since", "2025-01-01", "--until", "2025-01-02"]
    done = runner.invoke(build_app(), ["alarm-load", "--store", _store(tmp_path), *empty])
    assert "Nobody was watched in this span." in done.output


@pytest.mark.parametrize(
    "options,said",
    [
        (["--since", "yesterday"], "'yesterday' is no time"),
        (["--since", "2026-03-02", "--until", "2026-03-01"], "must lie before"),
    ],
)
def test_a_wrong_span_is_said(tmp_path: Path, options: list[str], said: str) -> None:
    done = runner.invoke(build_app(), ["alarm-load", "--store", _store(tmp_path), *options])
    assert isinstance(done.exception, CommandError)
    assert said in str(done.exception)


def test_a_store_that_is_missing_is_said_and_not_made(tmp_path: Path) -> None:
    done = runner.invoke(build_app(), ["alarm-load", "--store", f"sqlite:///{tmp_path}/none.db"])
    assert isinstance(done.exception, CommandError)
    assert "there is no trend store" in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_an_address_of_another_kind_is_said_without_repeating_it(tmp_path: Path) -> None:
    done = runner.invoke(build_app(), ["alarm-load", "--store", "mysql://user:secret@host/db"])
    assert isinstance(done.exception, CommandError)
    assert "is no address of a trend store" in str(done.exception)
    assert "secret" not in str(done.exception)
