"""Who a process is to Kafka: said in full or not at all, read from files, and told by every client that it makes."""

import ast
import os
import ssl
import subprocess
from pathlib import Path

import pytest

from blinwatch.kafka_identity import MECHANISM, faust_credentials, kafka_options
from blinwatch.settings import SettingsError, load_settings, variable_of

ROOT = Path(__file__).resolve().parents[1]
SERVICE = ROOT / "service/blinwatch"
CLIENTS = {"AIOKafkaConsumer", "AIOKafkaProducer", "AIOKafkaAdminClient"}


@pytest.fixture(autouse=True)
def _no_settings_of_this_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("BLINWATCH_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    script = ROOT / "deploy/secure/make-certificates.sh"
    subprocess.run([script, folder, "127.0.0.1", "worker", "board"], check=True, capture_output=True, timeout=60)
    return folder


def choose(monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(variable_of(name), str(value))


def test_without_settings_a_client_is_told_nothing() -> None:
    assert kafka_options() == {}
    assert faust_credentials(load_settings()) is None


def test_with_tls_and_a_certificate_the_broker_is_checked_and_we_show_ours(
    monkeypatch: pytest.MonkeyPatch, certificates: Path
) -> None:
    choose(
        monkeypatch,
        kafka_security="tls",
        kafka_ca_file=certificates / "ca.pem",
        kafka_certificate_file=certificates / "worker.pem",
        kafka_key_file=certificates / "worker.key",
    )
    options = kafka_options()
    assert options["security_protocol"] == "SSL"
    context = options["ssl_context"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert [one["subject"] for one in context.get_ca_certs()] == [((("commonName", "blinwatch authority"),),)]


def test_a_password_comes_from_its_file_without_the_line_end(
    monkeypatch: pytest.MonkeyPatch, certificates: Path, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("open sesame\n", encoding="utf-8")
    choose(
        monkeypatch,
        kafka_security="tls",
        kafka_ca_file=certificates / "ca.pem",
        kafka_username="worker",
        kafka_password_file=file,
    )
    options = kafka_options()
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_SSL", MECHANISM)
    assert options["sasl_plain_password"] == "open sesame"  # noqa: S105 - of this test
    assert "open sesame" not in repr(faust_credentials(load_settings()))
    file.write_text("renewed", encoding="utf-8")
    # A changed password takes force with the next client.
    assert kafka_options()["sasl_plain_password"] == "renewed"  # noqa: S105 - of this test


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"kafka_ca_file": "ca.pem"}, "KAFKA_CA_FILE has no meaning without BLINWATCH_KAFKA_SECURITY=tls"),
        ({"kafka_username": "worker", "kafka_password_file": "p"}, "has no meaning without"),
        ({"kafka_security": "tls", "kafka_certificate_file": "c.pem"}, "KAFKA_KEY_FILE go together"),
        ({"kafka_security": "tls", "kafka_username": "worker"}, "KAFKA_PASSWORD_FILE go together"),
        ({"kafka_security": "ssl"}, "Write one of plaintext, tls"),
    ],
)
def test_half_an_identity_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str
) -> None:
    choose(monkeypatch, **settings)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert said in str(refused.value)


def test_a_file_that_cannot_be_used_is_named_with_its_setting(
    monkeypatch: pytest.MonkeyPatch, certificates: Path, tmp_path: Path
) -> None:
    choose(monkeypatch, kafka_security="tls", kafka_ca_file=tmp_path / "nowhere.pem")
    with pytest.raises(SettingsError, match=r"BLINWATCH_KAFKA_CA_FILE=.*nowhere.pem.*No such file"):
        kafka_options()
    choose(
        monkeypatch,
        kafka_ca_file=certificates / "ca.pem",
        kafka_certificate_file=certificates / "worker.pem",
        kafka_key_file=certificates / "board.key",
    )
    with pytest.raises(SettingsError, match=r"BLINWATCH_KAFKA_CERTIFICATE_FILE=.*a certificate must fit its key"):
        kafka_options()
    empty = tmp_path / "empty"
    empty.touch()
    monkeypatch.delenv("BLINWATCH_KAFKA_CERTIFICATE_FILE")
    monkeypatch.delenv("BLINWATCH_KAFKA_KEY_FILE")
    choose(monkeypatch, kafka_username="worker", kafka_password_file=empty)
    with pytest.raises(SettingsError, match=r"BLINWATCH_KAFKA_PASSWORD_FILE=.*empty"):
        kafka_options()


@pytest.mark.parametrize("file", sorted(SERVICE.rglob("*.py")), ids=lambda file: str(file.relative_to(SERVICE)))
def test_every_kafka_client_says_who_it_is(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id in CLIENTS:
            unpacked = [ast.unparse(word.value) for word in call.keywords if word.arg is None]
            assert "kafka_options()" in unpacked, f"{file}:{call.lineno}: add **kafka_options()"
