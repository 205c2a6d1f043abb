"""Which systems may send by HTTP, and the command that lets them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from blinwatch.cli import build_app
from blinwatch.gateway.http.allowance import Allowances
from blinwatch.gateway.http.callers import CallerBook, CallersFileError


def caller(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(build_app(), ["gateway", "caller", *words])
    return done.exit_code, done.stdout if done.exception is None else str(done.exception)


def added(file: Path, name: str) -> str:
    """The token that `add` printed."""
    code, told = caller("add", str(file), name)
    assert code == 0
    return told.splitlines()[-1]


def test_a_token_is_shown_once_and_kept_as_a_hash_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "callers.yaml"
    token = added(file, "lab-bridge")
    assert len(token) >= 40
    assert token not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert CallerBook(file).caller(token) == "lab-bridge"
    assert caller("list", str(file)) == (0, "lab-bridge\n")


def test_a_new_token_ends_the_old_one_at_once_and_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "callers.yaml"
    old, other = added(file, "lab-bridge"), added(file, "pharmacy")
    book = CallerBook(file)
    new = added(file, "lab-bridge")
    assert [book.caller(one) for one in (old, new, other)] == [None, "lab-bridge", "pharmacy"]
    assert caller("remove", str(file), "lab-bridge")[0] == 0
    assert [book.caller(one) for one in (new, other)] == [None, "pharmacy"]
    assert "no system of that name" in caller("remove", str(file), "lab-bridge")[1]


@pytest.mark.parametrize(
    "text, said",
    [
        ("callers: [{name: a, token: secret-in-plain}]", "callers.0.token"),
        ("callers: [{name: 'a b', token: x}]", "callers.0.name"),
        ("callers: [", "is no YAML"),
        ("people: []", "callers"),
        ("callers: [{n}, {n}]".replace("n", f"name: a, token: sha256${'0' * 64}"), "stands there twice"),
    ],
)
def test_a_spoiled_file_says_what_to_mend_and_lets_nobody_in(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "callers.yaml"
    token = added(file, "lab-bridge")
    book = CallerBook(file)
    file.write_text(text)
    with pytest.raises(CallersFileError) as refused:
        CallerBook(file)
    assert said in str(refused.value)
    assert "secret-in-plain" not in str(refused.value)
    assert book.caller(token) is None
    file.unlink()
    assert book.caller(token) is None


def test_an_allowance_fills_up_again_and_no_further_than_its_burst() -> None:
    now_s = 0.0
    allowances = Allowances(10.0, 20.0, lambda: now_s)
    assert [allowances.take("a", 15), allowances.take("a", 15), allowances.take("b", 15)] == [0, 1.0, 0]
    now_s = 1.0
    assert allowances.take("a", 15) == 0
    now_s = 1000.0
    assert allowances.take("a", 20) == 0
    assert allowances.take("a", 1) == pytest.approx(0.1)


@pytest.mark.parametrize(
    "words, said",
    [
        (["--http", "10.1.2.3:8081"], "without TLS"),
        (["--http", "10.1.2.3:8081", "--i-know-it-is-not-encrypted"], "send events of any patient"),
        (["--http", "8081"], "must be HOST:PORT"),
        (["--http", "127.0.0.1:99999"], "must be HOST:PORT"),
        (["--http-callers", "callers.yaml"], "say also where it listens"),
        (["--http", "127.0.0.1:0", "--http-callers", "/no/such/file"], "cannot be read"),
    ],
)
def test_an_open_door_is_refused_unless_somebody_says_it_is_meant(words: list[str], said: str) -> None:
    done = CliRunner().invoke(build_app(), ["gateway", *words])
    assert done.exit_code == 1
    assert said in str(done.exception)
