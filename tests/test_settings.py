"""A wrong setting stops the start with the variable's name and the fix; `.env.example` lists them all."""

import os
import re
import traceback
from pathlib import Path

import pytest

from blinwatch.settings import (
    Settings,
    SettingsError,
    load_settings,
    render_env_example,
    unit_of,
    variable_of,
)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _no_settings_of_this_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("BLINWATCH_")]:
        monkeypatch.delenv(name)


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """What a person reads when these variables are set."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    return str(refused.value)


def test_with_an_empty_environment_the_documented_defaults_hold() -> None:
    settings = load_settings()
    assert settings.bootstrap_servers == "127.0.0.1:9092"
    assert settings.group_id == "blinwatch.worker.v1"
    assert settings.stream_mode == "batch"
    assert settings.web_host == "127.0.0.1", "the web endpoints must not be open to the network by default"
    assert settings.instance_id is None


def test_a_set_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLINWATCH_KAFKA_BOOTSTRAP", "kafka-1:9092, kafka-2:9092")
    monkeypatch.setenv("BLINWATCH_WARDS", "haematology, paediatrics")
    monkeypatch.setenv("BLINWATCH_LINGER_MS", "0")
    settings = load_settings()
    assert settings.bootstrap_servers == "kafka-1:9092,kafka-2:9092"
    assert settings.wards == ("haematology", "paediatrics")
    assert settings.linger_ms == 0


def test_an_empty_variable_means_unset_as_compose_passes_it_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BLINWATCH_INSTANCE_ID", "")
    monkeypatch.setenv("BLINWATCH_WEB_PORT", "")
    settings = load_settings()
    assert settings.instance_id is None
    assert settings.web_port == 6066


@pytest.mark.parametrize(
    "variable, value, fix",
    [
        ("BLINWATCH_WEB_PORT", "70000", "a whole number from 1 to 65535"),
        ("BLINWATCH_LINGER_MS", "1.5", "a whole number from 0 to 1000 (milliseconds)"),
        ("BLINWATCH_COMMIT_INTERVAL_S", "soon", "a number from 0.05 to 60 (seconds); the default is 1"),
        ("BLINWATCH_COMMIT_INTERVAL_S", "nan", "a number from 0.05 to 60 (seconds); the default is 1"),
        ("BLINWATCH_STREAM_MODE", "fast", "one of batch, agent; the default is batch"),
        (
            "BLINWATCH_KAFKA_BOOTSTRAP",
            "kafka",
            "comma between several; the default is 127.0.0.1:9092",
        ),
        ("BLINWATCH_KAFKA_BOOTSTRAP", " , ", "host:port, comma between several"),
        ("BLINWATCH_GROUP_ID", "two words", "name of letters, digits, . _ -"),
        ("BLINWATCH_WARDS", "haematology,other", "leave them out"),
        ("BLINWATCH_WARDS", "north,north", "name each once"),
        ("BLINWATCH_WARDS", ",".join(f"ward-{number}" for number in range(101)), "at most 100"),
    ],
)
def test_a_wrong_setting_names_the_variable_the_value_and_the_fix(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, fix: str
) -> None:
    message = refusal(monkeypatch, **{variable: value})
    assert f"{variable}={value!r}" in message
    assert fix in message


def test_every_wrong_setting_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, BLINWATCH_WEB_PORT="0", BLINWATCH_LOG_LEVEL="loud", BLINWATCH_WEBPORT="1")
    assert message.startswith("cannot start: 3 wrong settings")
    assert len(message.splitlines()) == 4


def test_a_misspelt_variable_is_refused_with_the_likely_name(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, BLINWATCH_COMMIT_INTERVALL_S="1")
    assert "BLINWATCH_COMMIT_INTERVALL_S is not a setting" in message
    assert "did you mean BLINWATCH_COMMIT_INTERVAL_S?" in message


def test_an_unknown_variable_like_no_other_points_to_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ".env.example" in refusal(monkeypatch, BLINWATCH_ZZZZZZZZ="1")


@pytest.mark.parametrize(
    "variables, told",
    [
        ({"BLINWATCH_REQUEST_TIMEOUT_S": "7"}, "set BLINWATCH_REQUEST_TIMEOUT_S to 24 or more"),
        (
            {"BLINWATCH_COMMIT_INTERVAL_S": "20", "BLINWATCH_SESSION_TIMEOUT_S": "15"},
            "set BLINWATCH_COMMIT_INTERVAL_S to 1",
        ),
    ],
)
def test_times_that_contradict_each_other_are_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    assert told in refusal(monkeypatch, **variables)


def test_every_setting_says_its_meaning_and_unit() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert unit_of(field), name


def test_the_env_example_in_the_project_is_the_one_the_code_prints() -> None:
    written = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert written == render_env_example(), "run: python -m blinwatch.settings > .env.example"


def test_the_env_example_uncommented_is_a_valid_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = re.findall(r"^#(BLINWATCH_[A-Z_]+)=(.*)$", render_env_example(), flags=re.MULTILINE)
    assert {name for name, _ in lines} == {variable_of(name) for name in Settings.model_fields}
    for name, value in lines:
        monkeypatch.setenv(name, value)
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    "address", ["postgresql://blinwatch:s3cret@db/trends", "postgresql://db/trends?user=b&password=s3cret"]
)
def test_a_password_in_the_trend_stores_address_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("BLINWATCH_TREND_STORE", address)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "put it into PGPASSWORD" in str(refused.value)
    everything = "".join(traceback.format_exception(refused.value))
    assert "s3cret" not in everything


@pytest.mark.parametrize("address", ["elsewhere.db", "mysql://s3cret", "postgresql://[s3cret"])
def test_what_is_no_address_of_a_trend_store_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    told = refusal(monkeypatch, BLINWATCH_TREND_STORE=address)
    assert "BLINWATCH_TREND_STORE is no address" in told
    assert address not in told


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:////var/lib/trends.db", "postgresql://blinwatch@db/trends"])
def test_trend_stores_have_addresses(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("BLINWATCH_TREND_STORE", address)
    assert load_settings().trend_store == address
