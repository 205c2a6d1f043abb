"""Who may sign in: the file, the passwords, the sessions, and how often somebody may guess."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from blinwatch.board.acts import _KINDS
from blinwatch.board.people.attempts import FORGOTTEN_AFTER_S, FREE, HELD_MOST, WAIT_MOST_S, Attempts
from blinwatch.board.people.passwords import PasswordTooShortError, hash_password, is_password
from blinwatch.board.people.people_file import PeopleBook, PeopleFileError, Person, read_people, write_people
from blinwatch.board.people.roles import RIGHT_OF_ACT, RIGHTS, ROLES
from blinwatch.board.people.sessions import LASTS_S, MOST, Sessions
from blinwatch.cli import build_app

PASSWORD = "a nurse on the night shift"  # noqa: S105 - of nobody
HASH = hash_password(PASSWORD)


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_password_is_kept_as_a_hash_of_its_own() -> None:
    again = hash_password(PASSWORD)
    assert PASSWORD not in HASH
    assert again != HASH, "two people with one password must not look alike"
    assert is_password(PASSWORD, HASH)
    assert is_password(PASSWORD, again)
    assert not is_password(PASSWORD + " ", HASH)
    assert not is_password("", HASH)


def test_a_short_password_is_refused_with_a_hint() -> None:
    with pytest.raises(PasswordTooShortError, match="at least 12"):
        hash_password("short")


def test_every_act_of_the_board_needs_a_right_that_some_role_has() -> None:
    assert RIGHT_OF_ACT.keys() == _KINDS.keys()
    assert all(any(right in rights for rights in RIGHTS.values()) for right in RIGHT_OF_ACT.values())
    assert RIGHTS.keys() == set(ROLES)


def test_who_runs_the_service_sees_no_patient_and_who_watches_changes_nothing() -> None:
    assert "ward" not in RIGHTS["operator"]
    assert not RIGHTS["viewer"] & set(RIGHT_OF_ACT.values())
    assert not RIGHTS["pharmacist"] & {"attribute", "assess"}


def people_file(folder: Path, *people: Person) -> Path:
    path = folder / "people.yaml"
    write_people(path, people)
    return path


def test_a_file_is_written_whole_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = people_file(tmp_path, Person(name="n.meier", role="clinician", password=HASH))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_people(path).named("n.meier") is not None
    assert [one.name for one in tmp_path.iterdir()] == ["people.yaml"]


@pytest.mark.parametrize(
    "text, told",
    [
        ("people: [{name: a, role: surgeon, password: x}]", "people.0.role"),
        (f"people: [{{name: a, role: viewer, password: '{HASH}', admin: true}}]", "people.0.admin"),
        ("people: [{name: a, role: viewer, password: hunter2hunter2}]", "people.0.password"),
        (f"people: [{', '.join([f'{{name: a, role: viewer, password: {HASH!r}}}'] * 2)}]", "twice"),
        ("people: [", "no YAML"),
        ("", "the file"),
    ],
)
def test_a_spoiled_file_says_where_and_shows_no_password(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PeopleFileError, match=told) as refused:
        PeopleBook(path)
    assert "hunter2" not in str(refused.value)
    assert HASH not in str(refused.value)


def test_whoever_is_taken_off_the_file_is_out_at_once_and_a_spoiled_file_lets_nobody_in(tmp_path: Path) -> None:
    first, second = (Person(name=name, role="viewer", password=HASH) for name in ("first", "second"))
    path = people_file(tmp_path, first, second)
    book = PeopleBook(path)
    assert book.person("first") == first
    write_people(path, [second])
    assert book.person("first") is None
    assert book.person("second") == second
    path.write_text("people: [", encoding="utf-8")
    assert book.person("second") is None
    path.unlink()
    assert book.person("second") is None
    write_people(path, [first])
    assert book.person("first") == first


def test_a_session_ends_with_its_shift_and_when_somebody_leaves() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    one, other = (sessions.begin("n.meier", password=HASH) for _ in range(2))
    assert one != other
    sessions.end(one)
    assert sessions.of(one) is None
    clock.now_s += LASTS_S - 1
    assert sessions.of(other) is not None
    clock.now_s += 1
    assert sessions.of(other) is None
    assert sessions.of("") is None
    assert sessions.of("\ud800") is None, "what no browser sends is no session either"


def test_memory_holds_no_secret_and_a_bounded_number_of_sessions() -> None:
    sessions = Sessions(Clock())
    secrets = [sessions.begin("n.meier", password=HASH) for _ in range(MOST + 1)]
    assert sessions.of(secrets[0]) is None
    assert sessions.of(secrets[1]) is not None
    assert secrets[-1] not in repr(vars(sessions))


def test_guessing_is_slowed_down_and_forgotten_after_an_hour_or_the_right_password() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(FREE - 1):
        attempts.wrong("n.meier")
    assert attempts.wait_s("n.meier") == 0
    attempts.wrong("n.meier")
    first_s = attempts.wait_s("n.meier")
    assert first_s > 0
    attempts.wrong("n.meier")
    assert attempts.wait_s("n.meier") == 2 * first_s
    assert attempts.wait_s("somebody else") == 0
    attempts.right("n.meier")
    assert attempts.wait_s("n.meier") == 0
    for _ in range(50):
        attempts.wrong("n.meier")
    assert attempts.wait_s("n.meier") == WAIT_MOST_S
    clock.now_s += FORGOTTEN_AFTER_S + 1
    attempts.wrong("n.meier")
    assert attempts.wait_s("n.meier") == 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 400)), max_size=60))
def test_nobody_ever_waits_longer_than_five_minutes(tries: list[tuple[str, int]]) -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for who, later_s in tries:
        clock.now_s += later_s
        attempts.wrong(who)
        assert 0 <= attempts.wait_s(who) <= WAIT_MOST_S


def test_invented_names_do_not_fill_the_memory() -> None:
    attempts = Attempts(Clock())
    for number in range(HELD_MOST + 5):
        attempts.wrong(str(number))
    assert len(attempts._tries) == HELD_MOST


def run(*words: str, stdin: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(build_app(), ["people", *words], input=stdin)
    return done.exit_code, done.output + str(done.exception or "")


def test_people_are_added_listed_and_taken_off_at_the_terminal(tmp_path: Path) -> None:
    file, secret = str(tmp_path / "people.yaml"), tmp_path / "secret"
    secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
    assert run("add", file, "n.meier", "--role", "clinician", "--password-file", str(secret))[0] == 0
    asked = run("add", file, "p.roth", "--role", "pharmacist", stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert asked[0] == 0, asked
    assert PASSWORD not in asked[1]
    assert run("add", file, "n.meier", "--role", "viewer", "--password-file", str(secret))[0] == 0
    told = run("list", file)[1]
    assert [line.split(maxsplit=1) for line in told.splitlines()] == [["pharmacist", "p.roth"], ["viewer", "n.meier"]]
    book = PeopleBook(Path(file))
    person = book.person("p.roth")
    assert person is not None
    assert is_password(PASSWORD, person.password)
    assert run("remove", file, "p.roth")[0] == 0
    assert book.person("p.roth") is None
    assert "nobody of that name" in run("remove", file, "p.roth")[1]


@pytest.mark.parametrize(
    "name, stdin, told",
    [
        ("n.meier", "short\nshort\n", "at least 12"),
        ("line\nbreak", f"{PASSWORD}\n{PASSWORD}\n", "a name is"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(tmp_path: Path, name: str, stdin: str, told: str) -> None:
    file = tmp_path / "people.yaml"
    code, said = run("add", str(file), name, "--role", "viewer", stdin=stdin)
    assert code != 0
    assert told in said
    assert not file.exists()
