"""Signing in with the account that somebody has at the hospital: OpenID Connect, authorization code with PKCE.

What:      the browser goes to the provider and comes back with a code; the code becomes an ID token, and that a name
           and a role. authlib speaks the protocol: state, nonce, PKCE, signature, issuer, audience, times.
Why:       ward machines are shared, and the audit holds a name for each act. So the provider has to ask each time who
           is there (`prompt=login`), and has to say when it did (`auth_time`): an older session of a colleague, left
           behind at the provider, signs nobody in.
Caveats:   providers that leave `auth_time` out although `max_age` asks for it have to be told to give it (Entra ID: an
           optional claim of the ID token).
"""

import hashlib
import re
import secrets
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.requests import Request

from blinwatch.board.people.people_file import NAME
from blinwatch.board.people.provider_file import Provider, ProviderFileError
from blinwatch.board.people.roles import RoleName

Problem = Literal["provider", "refused", "expired", "name", "role", "auth_time"]
"""Why somebody is not let in; `static/sign-in.js` has the words."""

BEGUN_LASTS_S = 600
"""A password, a second factor and a telephone that has to be found."""
BEGUN_MOST = 1_000
"""Sign-ins under way at once: more than a hospital's people, and a crowd cannot fill the memory."""
ANSWER_WITHIN_S = 10.0
"""A provider that takes longer is down for whoever stands before a screen."""
CLOCKS_APART_S = 60
"""How far the provider's clock and ours may differ."""
SIGNED_WITH = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Never `none`, and never with a secret that both sides know."""

NOT_USABLE = (
    *(httpx2.HTTPError, AuthlibBaseError, JoseError, ProviderFileError),
    # What is not there or not of its kind in the provider's description or token; a CA file that cannot be read.
    *(ValueError, TypeError, KeyError, AttributeError, RuntimeError, OSError),
)


class NotLetInError(Exception):
    """Somebody is not signed in; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody the provider knows, and what he may do here."""

    name: str
    role: RoleName


@dataclass(slots=True)
class _Begun:
    """A sign-in under way in one browser."""

    began_at_s: float
    """By the clock on the wall: compared with the provider's."""
    ends_s: float
    kept: dict[str, Any] = field(default_factory=dict[str, Any])
    """What authlib has to remember until the answer."""


class HospitalAccounts:
    """Asks the provider who somebody is."""

    def __init__(
        self,
        provider: Provider,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.stays_s = provider.stays_h * 3600
        self._provider = provider
        self._clock, self._wall_clock = clock, wall_clock
        self._begun: OrderedDict[bytes, _Begun] = OrderedDict()
        self._client: Any = None

    async def begin(self, request: Request) -> tuple[str, str]:
        """Where the browser has to go, and a secret it has to bring back. Raises `NotLetInError`."""
        begun = _Begun(self._wall_clock(), self._clock() + BEGUN_LASTS_S)
        request.scope["session"] = begun.kept
        try:
            client = await self._ready()
            redirect = await client.authorize_redirect(
                request, f"{self._provider.board_url}/sign-in/answer", prompt="login", max_age=0
            )
        except NOT_USABLE:
            raise NotLetInError("provider") from None
        secret = secrets.token_urlsafe(32)
        self._remember(secret, begun)
        return cast("str", redirect.headers["location"]), secret

    async def answer(self, request: Request, secret: str) -> Account:
        """Who came back from the provider. Raises `NotLetInError`."""
        begun = self._begun.pop(_key(secret), None)
        if begun is None or begun.ends_s <= self._clock():
            raise NotLetInError("expired")
        if "error" in request.query_params:
            raise NotLetInError("refused")
        request.scope["session"] = begun.kept
        try:
            client = await self._ready()
            token = await client.authorize_access_token(request)
            claims = await self._claims(client, token)
        except NOT_USABLE:
            raise NotLetInError("provider") from None
        asked_at_s: Any = claims.get("auth_time")
        if not isinstance(asked_at_s, int) or asked_at_s < begun.began_at_s - CLOCKS_APART_S:
            raise NotLetInError("auth_time")
        return self._account(claims)

    async def _ready(self) -> Any:
        """The client, with the secret of now and the provider's own description."""
        if self._client is None:
            options: dict[str, Any] = {
                "scope": " ".join(self._provider.scopes),
                "code_challenge_method": "S256",
                "timeout": ANSWER_WITHIN_S,
            }
            if self._provider.ca_file is not None:
                options["verify"] = ssl.create_default_context(cafile=self._provider.ca_file)
            registry: Any = OAuth()
            self._client = registry.register(
                "hospital",
                client_id=self._provider.client_id,
                server_metadata_url=f"{self._provider.issuer}/.well-known/openid-configuration",
                client_kwargs=options,
            )
        told = await self._client.load_server_metadata()
        if str(told["issuer"]).rstrip("/") != self._provider.issuer:
            raise ValueError("the provider calls itself otherwise than the file does")
        offered = told.get("id_token_signing_alg_values_supported") or ("RS256",)
        told["id_token_signing_alg_values_supported"] = [one for one in offered if one in SIGNED_WITH]
        self._client.client_secret = self._provider.client_secret()
        return self._client

    async def _claims(self, client: Any, token: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the ID token says, and where it leaves something out, what the provider says of its bearer."""
        claims: dict[str, Any] = dict(token["userinfo"])
        wanted = (self._provider.name_claim, self._provider.role_claim)
        if any(_led_to(claims, one) is None for one in wanted) and "userinfo_endpoint" in client.server_metadata:
            more: dict[str, Any] = dict(await client.userinfo(token=token))
            if more.get("sub") != claims["sub"]:
                raise ValueError("the provider speaks of somebody else")
            claims = {**more, **claims}
        return claims

    def _account(self, claims: Mapping[str, Any]) -> Account:
        name = _led_to(claims, self._provider.name_claim)
        if not isinstance(name, str) or not re.fullmatch(NAME, name):
            raise NotLetInError("name")
        found = _led_to(claims, self._provider.role_claim)
        words = cast("list[object]", found) if isinstance(found, list) else [found]
        for word, role in self._provider.roles.items():
            if word in words:
                return Account(name, role)
        raise NotLetInError("role")

    def _remember(self, secret: str, begun: _Begun) -> None:
        now_s = self._clock()
        while self._begun and (len(self._begun) >= BEGUN_MOST or next(iter(self._begun.values())).ends_s <= now_s):
            self._begun.popitem(last=False)
        self._begun[_key(secret)] = begun


def _led_to(claims: Mapping[str, Any], path: str) -> object:
    """A claim by its name, or where there is none of that name, by the way to it."""
    if path in claims:
        return claims[path]
    at: object = claims
    for step in path.split("."):
        if not isinstance(at, Mapping):
            return None
        at = cast("Mapping[str, object]", at).get(step)
    return at


def _key(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
