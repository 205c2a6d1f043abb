"""Where hospital accounts are asked about (OpenID Connect), and which of a hospital's groups has which role here."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from blinwatch.board.people.roles import RoleName

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SHIFT_H = 12
"""The longest usual shift: nobody stays signed in for longer."""


class ProviderFileError(Exception):
    """The file cannot be used; the text says what to mend."""


class Provider(BaseModel):
    """An OpenID Connect provider, as the file describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str
    """As the provider names itself; `/.well-known/openid-configuration` lies below it."""
    client_id: Annotated[str, Field(min_length=1)]
    client_secret_file: Path
    """Read at each sign-in, so that it can be changed while the board runs."""
    board_url: str
    """Under which browsers know the board; `/sign-in/answer` below it is the redirect address to register."""
    ca_file: Path | None = None
    """PEM of the authority behind the provider's certificate, where the machine does not know it."""
    scopes: tuple[str, ...] = ("openid", "profile")
    name_claim: str = "preferred_username"
    """What stands in the audit. It must never pass from one person to another."""
    role_claim: str = "groups"
    """A claim with one or several words; a dot leads into an object (`realm_access.roles`)."""
    roles: Annotated[dict[str, RoleName], Field(min_length=1)]
    """Word of the role claim to role; of several that somebody has, the first in the file counts."""
    stays_h: Annotated[int, Field(ge=1, le=SHIFT_H)] = 8
    """How long somebody stays signed in. Whoever loses an account at the provider stays in for as long at most."""

    @field_validator("issuer", "board_url")
    @classmethod
    def _is_encrypted(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("has to begin with https:// (http:// on this machine only)")
        return address.rstrip("/")

    @field_validator("scopes")
    @classmethod
    def _asks_who(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("the scope openid is what asks who somebody is: name it too")
        return scopes

    def client_secret(self) -> str:
        """The secret as it stands now. Raises `ProviderFileError`."""
        try:
            secret = self.client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ProviderFileError("the file client_secret_file names cannot be read") from None
        if not secret:
            raise ProviderFileError("the file client_secret_file names is empty")
        return secret


def read_provider(path: Path) -> Provider:
    """The provider of a file. Raises `ProviderFileError`."""
    try:
        written: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        provider = Provider.model_validate(written)
    except OSError as error:
        raise ProviderFileError(f"the provider's file cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ProviderFileError("the provider's file is no YAML: docs/operating/board.md shows one") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ProviderFileError(f"the provider's file cannot be used: {place}: {first['msg']}") from None
    provider.client_secret()
    return provider
