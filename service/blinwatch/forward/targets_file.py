"""The file that names who gets the alerts: targets, what each of them wants, and who is told when one fails."""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from blinwatch.core.evidence import Priority

LOOPBACK = ("127.0.0.1", "localhost", "::1")
AFTER_MOST_S = 3600
"""An alert that nobody saw for an hour is no matter of escalation any more."""
GIVE_UP_MOST_S = 24 * 3600


class TargetsFileError(Exception):
    """The file cannot be used; the text says what to mend."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Wanted(_Part):
    """Which alerts a target gets; each condition that is left out lets everything through."""

    priorities: Annotated[tuple[Priority, ...], Field(min_length=1)] = get_args(Priority)
    codes: tuple[str, ...] = ()
    """Alert codes, such as `CRS_G3`; empty: all."""
    wards: tuple[str, ...] = ()
    calls_only: bool = False
    """Only records that call somebody (`page: yes`), and what ends or answers an alert."""


class Fallback(_Part):
    """Who gets a call that this target has not taken in time."""

    to: str
    after_s: Annotated[float, Field(gt=0, le=AFTER_MOST_S)] = 60.0


class _Target(_Part):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    """Part of a consumer group's name and of a metric's label."""
    only: Wanted = Wanted()
    give_up_after_s: Annotated[float, Field(gt=0, le=GIVE_UP_MOST_S)] = 900.0
    """After a quarter of an hour of tries a record becomes an undelivered one."""
    when_not_acknowledged_after_s: Annotated[float, Field(ge=0, le=AFTER_MOST_S)] = 0.0
    """Escalation: this target hears only of calls that so long after being written nobody has acknowledged."""
    fallback: Fallback | None = None
    ca_file: Path | None = None
    """PEM of the authority behind the target's certificate, where the machine does not know it."""


def _encrypted(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("has to begin with https:// (http:// on this machine only)")
    return address.rstrip("/")


class WebhookTarget(_Target):
    """A receiver of signed HTTP posts."""

    kind: Literal["webhook"]
    url: str
    secret_files: Annotated[tuple[Path, ...], Field(min_length=1, max_length=2)]
    """Signed with each of them: two while a secret is being changed."""

    _url = field_validator("url")(_encrypted)


class FhirTarget(_Target):
    """A FHIR server that takes updates under our ids."""

    kind: Literal["fhir"]
    url: str
    token_file: Path | None = None

    _url = field_validator("url")(_encrypted)


class FhirTopicTarget(_Target):
    """The topic fhir.resources.v1, for whoever reads FHIR from Kafka."""

    kind: Literal["fhir_topic"]


class AlertmanagerTarget(_Target):
    """Prometheus' Alertmanager (API v2), for on-call paging."""

    kind: Literal["alertmanager"]
    url: str
    token_file: Path | None = None

    _url = field_validator("url")(_encrypted)


class StatusReports(_Part):
    """Where an alarm manager's reports of delivery and acceptance come in (IHE PCD-05)."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)]
    certificate: Path | None = None
    key: Path | None = None

    @model_validator(mode="after")
    def _closed(self) -> "StatusReports":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        if self.certificate is None and self.host not in LOOPBACK:
            raise ValueError("needs certificate and key where other machines reach it")
        return self


class AlarmManagerTarget(_Target):
    """A hospital's alarm manager (IHE ACM, PCD-04 over MLLP)."""

    kind: Literal["alarm_manager"]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    tls: bool = True
    sending: str = "blinwatch"
    """MSH-3."""
    receiving: str = ""
    """MSH-5."""
    patient_authority: str = "blinwatch"
    """PID-3.4: who gives out the pseudonyms."""
    status_reports: StatusReports | None = None

    @model_validator(mode="after")
    def _is_encrypted(self) -> "AlarmManagerTarget":
        if not self.tls and self.host not in LOOPBACK:
            raise ValueError("tls: false is for this machine only")
        return self


Target = WebhookTarget | FhirTarget | FhirTopicTarget | AlertmanagerTarget | AlarmManagerTarget


class Targets(_Part):
    """All of them."""

    targets: Annotated[tuple[Annotated[Target, Field(discriminator="kind")], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> "Targets":
        names = [one.name for one in self.targets]
        if len(set(names)) < len(names):
            raise ValueError("a name stands there twice")
        for one in self.targets:
            if one.fallback is not None and (one.fallback.to not in names or one.fallback.to == one.name):
                raise ValueError(f"{one.name}: its fallback is another target of this file, not {one.fallback.to}")
            if one.fallback is not None and is_fhir(self.named(one.fallback.to)):
                raise ValueError(f"{one.name}: nobody is called by a FHIR server, so it is no fallback")
            if is_fhir(one) and (one.when_not_acknowledged_after_s or one.fallback or one.only != Wanted()):
                raise ValueError(f"{one.name}: FHIR gets every resource, as it is made, and calls nobody")
        return self

    def named(self, name: str) -> Target:
        """The target of that name."""
        return next(one for one in self.targets if one.name == name)


def is_fhir(target: Target) -> bool:
    """Whether a target gets resources: grades too, and every step."""
    return isinstance(target, FhirTarget | FhirTopicTarget)


def read_targets(path: Path) -> Targets:
    """The targets of a file. Raises `TargetsFileError`."""
    try:
        written: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Targets.model_validate(written)
    except OSError as error:
        raise TargetsFileError(f"the targets' file cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise TargetsFileError("the targets' file is no YAML: docs/operating/forward.md shows one") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise TargetsFileError(f"the targets' file cannot be used: {place}: {first['msg']}") from None


def secret(path: Path) -> str:
    """A secret as it stands in its file now. Raises `TargetsFileError`."""
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise TargetsFileError(f"the secret's file {path.name} cannot be read") from None
    if not found:
        raise TargetsFileError(f"the secret's file {path.name} is empty")
    return found


def secrets_of(target: Target) -> tuple[str, ...]:
    """Every secret that a target needs. Raises `TargetsFileError`."""
    match target:
        case WebhookTarget():
            return tuple(map(secret, target.secret_files))
        case FhirTarget() | AlertmanagerTarget() if target.token_file is not None:
            return (secret(target.token_file),)
        case _:
            return ()
