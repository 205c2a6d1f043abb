"""`blinwatch board`: loopback unless somebody says that he knows there is no login."""

import sys

import pytest
from typer.testing import CliRunner

from blinwatch.cli import build_app


def test_the_board_is_not_shown_beyond_this_machine_by_accident() -> None:
    shown = CliRunner().invoke(build_app(), ["board", "--host", "0.0.0.0"])  # noqa: S104 - what must be refused
    assert shown.exit_code != 0
    assert "--i-know-there-is-no-login" in str(shown.exception)


def test_without_its_packages_the_board_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("blinwatch.board")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    shown = CliRunner().invoke(build_app(), ["board"])
    assert "pip install 'blinwatch[board]'" in str(shown.exception)
