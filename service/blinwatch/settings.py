"""Every setting of blinwatch: `BLINWATCH_*` environment variables, checked before anything starts.

No setting is a clinical value: thresholds live in the reviewed rulebook (`clinical/`) and, where a hospital
chooses otherwise, in its approved site protocol, a file that the environment only names.
There is no secret here. The process reads no `.env` file by itself, so what it runs with never depends on the
folder it was started in; a shell, Compose or systemd puts such a file into the environment.
"""

import os
import textwrap
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self, cast
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, JsonValue, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import NoDecode

from blinwatch.setting_field import PREFIX, setting
from blinwatch.settings_kafka import KafkaSettings

MAX_WARDS = 100
"""Each ward multiplies the series of the ward metrics; 100 is more than any one hospital we plan for has."""
RESERVED_WARDS = frozenset({"other", "unknown"})
_WARD_FORM = r"^[A-Za-z0-9][A-Za-z0-9 ._\-]{0,39}$"
_LINE = 110

Ward = Annotated[str, Field(pattern=_WARD_FORM)]


class SettingsError(Exception):
    """A setting cannot be used; the message names each variable, what is wrong with it and what to write."""


class Settings(KafkaSettings):
    """What one process runs with. The environment variable is `BLINWATCH_` and the name in capitals."""

    # Clinical data
    site_protocol: Path | None = setting(
        None,
        "file",
        "The hospital's approved site protocol (deploy/site-protocol.example.yaml): its own values in the place of "
        "the rulebook's. A worker with a faulty file does not start. Every worker of a group needs the same file; "
        "a change takes force at a restart and is written to the audit topic. Unset: the rulebook as published.",
    )

    # Web: /metrics, /healthz, /readyz
    web_host: str = setting(
        "127.0.0.1",
        "address",
        "Address the web endpoints listen on. They carry no patient data and ask for no password: 0.0.0.0 "
        "only inside a container network.",
    )
    web_port: int = setting(6066, "port", "Port of the web endpoints.", ge=1, le=65535)

    # Observing
    log_format: Literal["auto", "json", "console"] = setting(
        "auto",
        "choice",
        "json: one JSON object a line. console: for people. auto: console on a terminal, json elsewhere.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "choice", "The least severe record that is logged."
    )
    wards: Annotated[tuple[Ward, ...], NoDecode, Field(max_length=MAX_WARDS)] = setting(
        (),
        "names, comma between several",
        "Wards that metrics tell apart; all others count as `other`. A closed list, so that a misspelt ward "
        "in an order cannot make new series without end. Names go into dashboards: never a patient's.",
    )
    lag_interval_s: float = setting(
        5.0,
        "seconds",
        "How often the distance to the end of each input partition is measured.",
        ge=0.5,
        le=300,
    )
    ready_max_stall_s: float = setting(
        30.0,
        "seconds",
        "/readyz says no when events wait and none has been judged for this long.",
        ge=1,
        le=3600,
    )

    stall_exit_s: float = setting(
        180.0,
        "seconds",
        "A worker that makes no progress for this long ends itself with status 70, so that it is started anew. Longer "
        "than a rebalance with a dead member takes (session timeout, then 60 s for the others to come back).",
        ge=2,
        le=3600,
    )

    # Trends of the ward board
    trend_store: str = setting(
        "sqlite://",
        "address: sqlite:///folder/trends.db, sqlite:////absolute/trends.db, sqlite://, or postgresql://host/database",
        "Where the board keeps courses and alert steps. sqlite:// is in memory: nothing of a patient is written to a "
        "disk until a site says where, and every start of the board fills it anew from the topics. A password never "
        "stands here: PostgreSQL's own PGPASSWORD or a file named by PGPASSFILE holds it.",
    )
    trend_retention_days: int = setting(
        42,
        "days",
        "How long trends are kept: as long as the input topics keep what they are made of, a 28-day cycle and its 14 "
        "drug-free days. Never more than 400.",
        ge=2,
        le=400,
    )

    @field_validator("kafka_bootstrap", "wards", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("wards")
    @classmethod
    def _no_reserved_ward(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if taken := sorted(RESERVED_WARDS.intersection(value)):
            message = f"{taken} have a meaning of their own in the metrics; leave them out"
            raise ValueError(message)
        if len(set(value)) != len(value):
            message = "names a ward twice; name each once"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _not_ready_comes_before_the_end(self) -> Self:
        if self.stall_exit_s <= self.ready_max_stall_s:
            message = (
                f"{PREFIX}STALL_EXIT_S={self.stall_exit_s:g} must be more than "
                f"{PREFIX}READY_MAX_STALL_S={self.ready_max_stall_s:g}, or a worker would end before anybody is told "
                f"that it is not ready; set {PREFIX}STALL_EXIT_S to {self.ready_max_stall_s * 3:g} or more"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _trend_store_is_an_address_without_a_password(self) -> Self:
        # Here and not as the field's form: a message about a field repeats its value, which may hold a password.
        if not self.trend_store.startswith(("sqlite://", "postgresql://")):
            message = (
                f"{PREFIX}TREND_STORE is no address of a store; write sqlite:///trends.db or postgresql://host/name"
            )
            raise ValueError(message)
        try:
            parts = urlsplit(self.trend_store)
            holds_one = parts.password is not None or "password" in parse_qs(parts.query, keep_blank_values=True)
        except ValueError:
            message = f"{PREFIX}TREND_STORE is no address; a [ or ] in it must be written as %5B or %5D"
            raise ValueError(message) from None
        if holds_one:
            message = (
                f"{PREFIX}TREND_STORE holds a password, and addresses are shown; take it out and put it into "
                "PGPASSWORD, or into a file that PGPASSFILE names"
            )
            raise ValueError(message)
        return self

    @property
    def bootstrap_servers(self) -> str:
        """The brokers as Kafka clients want them: host:port, comma between several."""
        return ",".join(self.kafka_bootstrap)


def load_settings() -> Settings:
    """The settings of this process's environment.

    Raises `SettingsError` that lists every wrong and every unknown `BLINWATCH_*` variable at once.
    """
    problems = _unknown_variables(os.environ)
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [_problem(details) for details in error.errors()]
        raise SettingsError(_report(problems)) from error
    if problems:
        raise SettingsError(_report(problems))
    return settings


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """A typing error in a name would otherwise leave the default in force and nobody would know."""
    known = list(Settings.model_fields)
    problems: list[str] = []
    # pydantic-settings reads names in any case, so a name is unknown only when no case of it is known.
    for name in sorted(key for key in environ if key.upper().startswith(PREFIX)):
        if name.upper() not in map(variable_of, known):
            near = get_close_matches(name.upper().removeprefix(PREFIX), [key.upper() for key in known], n=1)
            fix = f"did you mean {PREFIX}{near[0]}?" if near else "see .env.example for all there are; remove it"
            problems.append(f"{name} is not a setting of blinwatch; {fix}")
    return problems


def _problem(details: ErrorDetails) -> str:
    """One wrong setting as a sentence: variable, value, what is wrong, the fix."""
    if not details["loc"]:
        return details["msg"].removeprefix("Value error, ")
    name = str(details["loc"][0])
    field = Settings.model_fields[name]
    said = details["msg"].removeprefix("Value error, ").removesuffix(".")
    # pydantic would show the regular expression; "Write ..." below says the form in words.
    said = "not of the right form" if "pattern" in details["type"] else said[:1].lower() + said[1:]
    written = os.environ.get(variable_of(name), details["input"])
    default = shown(field.default)
    otherwise = f"the default is {default}" if default else "or leave it unset"
    return f"{variable_of(name)}={str(written)!r}: {said}. Write {_allowed(field)}; {otherwise}"


def _allowed(field: FieldInfo) -> str:
    """What may be written, in words: the choices, or the unit with its limits."""
    choices = getattr(field.annotation, "__args__", ())
    if getattr(field.annotation, "__origin__", None) is Literal:
        return "one of " + ", ".join(str(choice) for choice in choices)
    low = next((mark.ge for mark in field.metadata if hasattr(mark, "ge")), None)
    high = next((mark.le for mark in field.metadata if hasattr(mark, "le")), None)
    unit = unit_of(field)
    if low is None or high is None:
        return unit
    kind = "a whole number" if field.annotation is int else "a number"
    return f"{kind} from {low:g} to {high:g} ({unit})"


def _report(problems: list[str]) -> str:
    lines = [f"cannot start: {len(problems)} wrong setting{'s' if len(problems) > 1 else ''}"]
    return "\n".join([*lines, *(f"  - {problem}" for problem in problems)])


def unit_of(field: FieldInfo) -> str:
    """The unit (or kind) a setting is written in."""
    return str(cast("dict[str, JsonValue]", field.json_schema_extra)["unit"])


def shown(value: object) -> str:
    """A value as it is written in the environment."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(str(part) for part in cast("tuple[object, ...]", value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def render_env_example() -> str:
    """`.env.example`: every setting with its meaning, unit and default, commented out."""
    lines = [
        "# Every setting of blinwatch, with its unit and default. Generated from the code: change it in",
        "# service/blinwatch/settings.py, then run `python -m blinwatch.settings > .env.example`.",
        "#",
        "# Copy it to `.env` and uncomment what you change. Outside Compose: set -a; . ./.env; set +a.",
        "# `docker compose` reads `.env` by itself and passes on the settings docker-compose.yml names.",
        "",
    ]
    for name, field in Settings.model_fields.items():
        default = shown(field.default)
        meaning = f"{field.description} Value: {_allowed(field)}. Default: {default or 'unset'}."
        lines += textwrap.wrap(meaning, _LINE, initial_indent="# ", subsequent_indent="# ")
        lines += [f"#{variable_of(name)}={default}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(render_env_example(), end="")  # noqa: T201
