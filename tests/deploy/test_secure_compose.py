"""The secured stack: each container has its own role's key and no other, and nothing with patients in it is plain."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from blinwatch.catalogue import load_catalogue
from blinwatch.roles import load_roles

ROOT = Path(__file__).resolve().parents[2]
PLAIN: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
OVERLAY: dict[str, Any] = yaml.safe_load((ROOT / "deploy/secure/compose.yml").read_text(encoding="utf-8"))
SECURE: dict[str, Any] = OVERLAY["services"]
IDENTITIES = {
    "worker": "worker",
    "board": "board",
    "gateway": "gateway",
    "doctor": "doctor",
    "simulator": "worker",
    "topics": "broker",
}
"""Whose certificate a container shows to Kafka. `topics` makes topics and grants, as the broker itself."""


def test_every_container_that_speaks_to_kafka_shows_who_it_is() -> None:
    ours = {name for name, service in PLAIN.items() if service.get("image", "").startswith("blinwatch:")}
    assert ours == IDENTITIES.keys()
    assert set(IDENTITIES.values()) - {"broker"} <= load_roles(load_catalogue(8)).keys()


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_container_has_the_key_of_its_own_role_and_no_other(name: str) -> None:
    service, role = SECURE[name], IDENTITIES[name]
    assert service["environment"] == {
        "BLINWATCH_KAFKA_SECURITY": "tls",
        "BLINWATCH_KAFKA_CA_FILE": "/run/secrets/ca",
        "BLINWATCH_KAFKA_CERTIFICATE_FILE": f"/run/secrets/{role}-certificate",
        "BLINWATCH_KAFKA_KEY_FILE": f"/run/secrets/{role}-key",
    }
    keys = {secret for secret in service["secrets"] if secret.endswith("-key")}
    assert keys <= {f"{role}-key", f"{role}-server-key"}


def test_no_container_has_the_key_of_the_authority() -> None:
    assert not any("ca.key" in secret["file"] for secret in OVERLAY["secrets"].values())


def test_every_listener_of_kafka_is_encrypted_and_asks_who_comes() -> None:
    settings = SECURE["kafka"]["environment"]
    protocols = dict(one.split(":") for one in settings["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert set(protocols.values()) == {"SSL"}
    assert protocols.keys() == {one.split(":")[0] for one in settings["KAFKA_LISTENERS"].split(",")}
    assert settings["KAFKA_SSL_CLIENT_AUTH"] == "required"
    assert settings["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"
    assert settings["KAFKA_SUPER_USERS"] == "User:CN=blinwatch-broker"


def test_board_and_gateway_encrypt_and_ask_who_comes() -> None:
    board, gateway = SECURE["board"]["command"], SECURE["gateway"]["command"]
    assert {"--tls-certificate", "--tls-key", "--people"} <= set(board)
    assert {"--tls-certificate", "--tls-key", "--tls-clients-ca"} <= set(gateway)
    assert not [word for word in (*board, *gateway) if word.startswith("--i-know")]


def test_the_script_makes_a_certificate_for_every_role() -> None:
    script = (ROOT / "deploy/secure/make-certificates.sh").read_text(encoding="utf-8")
    (listed,) = re.findall(r"roles=\(([a-z ]+)\)$", script, flags=re.MULTILINE)
    assert set(listed.split()) == load_roles(load_catalogue(8)).keys()
