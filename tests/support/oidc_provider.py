"""A certified OpenID Connect provider (npm's oidc-provider) as a process of its own, ended by its process id."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import yaml

from tests.support.npm_tools import installed
from tests.support.worker_process import ROOT, free_port

HOST = "localhost"
"""To a browser another site than 127.0.0.1, where boards of tests are."""
SECRET = "what the board and the provider share"  # noqa: S105 - of a provider that lives for one test
WANTED = Path(__file__).parents[1] / "board" / "oidc"
START_S = 60.0


@contextmanager
def provider(board_url: str, groups: Mapping[str, list[str]]) -> Iterator[str]:
    """The issuer's address. `groups`: account to its groups; each account is a name that any password opens."""
    place = installed(WANTED, ROOT / ".cache" / "oidc", "a sign-in through a real OpenID Connect provider")
    port = free_port()
    redirect = f"{board_url.rstrip('/')}/sign-in/answer"
    script = place / "provider.mjs"
    shutil.copyfile(WANTED / script.name, script)
    told = {"port": port, "host": HOST, "redirect": redirect, "groups": groups, "secret": SECRET}
    process = subprocess.Popen(
        ["node", str(script), json.dumps(told)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_up(process, f"http://{HOST}:{port}/.well-known/openid-configuration")
        yield f"http://{HOST}:{port}"
    finally:
        process.kill()
        process.wait(20)


def _until_up(process: "subprocess.Popen[bytes]", url: str) -> None:
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s:
        assert process.poll() is None, f"the provider ended with {process.returncode}"
        try:
            httpx2.get(url, timeout=5).raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"no provider within {START_S:g} s")


def provider_file(folder: Path, issuer: str, board_url: str, **more: object) -> Path:
    """What `blinwatch board --hospital-accounts` reads."""
    (folder / "client-secret").write_text(f"{SECRET}\n", encoding="utf-8")
    path = folder / "provider.yaml"
    content = {
        "issuer": issuer,
        "client_id": "blinwatch",
        "client_secret_file": str(folder / "client-secret"),
        "board_url": board_url,
        "scopes": ["openid", "profile", "groups"],
        "roles": {"ward-6-doctors": "clinician", "ward-6": "viewer"},
        **more,
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def say_who(browser: httpx2.Client, there: str, name: str) -> str:
    """Walk through the provider's own pages as somebody with this name; the address it leads back to."""
    answer = browser.get(there)
    for _ in range(10):
        if answer.is_redirect:
            there = urljoin(str(answer.url), answer.headers["location"])
            if "/sign-in/answer" in there:
                return there
            answer = browser.get(there)
            continue
        found = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
        assert found, f"no form on the provider's page: {answer.status_code}"
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        form = {"prompt": prompt[1] if prompt else "login", "login": name, "password": "any"}
        answer = browser.post(urljoin(str(answer.url), found[1]), data=form)
    raise AssertionError("the provider leads in a circle")
