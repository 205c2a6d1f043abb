"""Who this process is to Kafka: encryption and credentials of every client it makes, read from files it may read.

One process has one identity and one role on the brokers (schemas/roles.yaml), so it is asked for where a client is
made and is not handed through every call. Files are read each time: renewed ones take force with the next client.
"""

import ssl
from pathlib import Path
from typing import Any

from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from blinwatch.settings import SettingsError, load_settings, variable_of
from blinwatch.settings_kafka import KafkaSettings

MECHANISM = "SCRAM-SHA-512"
"""The strongest that Kafka's brokers keep themselves: they never learn the password."""


def kafka_options(settings: KafkaSettings | None = None) -> dict[str, Any]:
    """Arguments for any aiokafka client, beside its addresses. Empty where nothing is encrypted.

    Raises `SettingsError` where a file cannot be read or holds no certificate or key.
    """
    settings = settings or load_settings()
    if settings.kafka_security == "plaintext":
        return {}
    encrypted: dict[str, Any] = {"ssl_context": tls_context(settings)}
    if settings.kafka_username is None:
        return {"security_protocol": "SSL", **encrypted}
    return {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": _password(settings.kafka_password_file),
        **encrypted,
    }


def faust_credentials(settings: KafkaSettings) -> CredentialsT | None:
    """The same for Faust; None where nothing is encrypted."""
    if settings.kafka_security == "plaintext":
        return None
    context = tls_context(settings)
    if settings.kafka_username is None:
        return SSLCredentials(context)
    return SASLCredentials(
        username=settings.kafka_username,
        password=_password(settings.kafka_password_file),
        ssl_context=context,
        mechanism=MECHANISM,
    )


def tls_context(settings: KafkaSettings) -> ssl.SSLContext:
    """What a broker must show, and what we show. Raises `SettingsError`."""
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
    except (OSError, ssl.SSLError) as error:
        raise _unusable("kafka_ca_file", settings.kafka_ca_file, error) from error
    # As brokers of today; older versions have known weaknesses.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.kafka_certificate_file is not None:
        try:
            context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file)
        except (OSError, ssl.SSLError) as error:
            raise _unusable("kafka_certificate_file", settings.kafka_certificate_file, error) from error
    return context


def _password(file: Path | None) -> str:
    if file is None:
        raise SettingsError(f"{variable_of('kafka_password_file')} is not set")
    try:
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable("kafka_password_file", file, error) from error
    if not password:
        raise SettingsError(f"{variable_of('kafka_password_file')}={str(file)!r}: the file is empty")
    return password


def _unusable(name: str, file: Path | None, error: Exception) -> SettingsError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return SettingsError(
        f"{variable_of(name)}={str(file)!r} cannot be used: {why}. It must be a PEM file this process may read, "
        "and a certificate must fit its key"
    )
