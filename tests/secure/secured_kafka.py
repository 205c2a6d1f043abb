"""A real broker that asks who comes: TLS with certificates, TLS with names and passwords, nothing allowed untold."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from blinwatch.catalogue import load_catalogue
from blinwatch.role_grants import grant
from blinwatch.roles import load_roles
from tests.support.apache_kafka import ApacheKafka
from tests.support.embedded import PARTITIONS, QUIET

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy/secure/make-certificates.sh"
CERTIFICATES, NAMES = "CERTIFICATES", "NAMES"
"""The two guarded listeners."""
PASSWORD = "correct horse battery staple"  # noqa: S105 - of a broker that lives for one test


@dataclass(frozen=True)
class SecuredKafka:
    """A broker with every role granted to `User:CN=blinwatch-ROLE` and to `User:blinwatch-ROLE`."""

    kafka: ApacheKafka
    folder: Path

    @property
    def by_certificate(self) -> str:
        """Where roles show a certificate."""
        return self.kafka.guarded_address(CERTIFICATES)

    @property
    def by_name(self) -> str:
        """Where roles say a name and a password."""
        return self.kafka.guarded_address(NAMES)

    def settings(self, role: str) -> dict[str, object]:
        """blinwatch's own settings for a role with a certificate."""
        return {
            "kafka_security": "tls",
            "kafka_ca_file": self.folder / "ca.pem",
            "kafka_certificate_file": self.folder / f"{role}.pem",
            "kafka_key_file": self.folder / f"{role}.key",
        }

    def settings_by_name(self, role: str) -> dict[str, object]:
        """The same with a name and a password."""
        file = self.folder / f"{role}.password"
        file.write_text(f"{PASSWORD}\n", encoding="utf-8")
        return {
            "kafka_security": "tls",
            "kafka_ca_file": self.folder / "ca.pem",
            "kafka_username": f"blinwatch-{role}",
            "kafka_password_file": file,
        }

    def client(self, role: str) -> dict[str, Any]:
        """A client of a role that shares no code with blinwatch."""
        return {
            "bootstrap.servers": self.by_certificate,
            "security.protocol": "SSL",
            "ssl.ca.location": str(self.folder / "ca.pem"),
            "ssl.certificate.location": str(self.folder / f"{role}.pem"),
            "ssl.key.location": str(self.folder / f"{role}.key"),
            **QUIET,
        }


@contextmanager
def secured_kafka(folder: Path) -> Iterator[SecuredKafka]:
    """Certificates by the script that a hospital would run, a broker behind them, topics and grants."""
    subprocess.run([SCRIPT, folder, "127.0.0.1"], check=True, capture_output=True, timeout=60)
    properties = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # The plain listener is the test's own way in, as the broker's own certificate is in a hospital.
        "super.users": "User:ANONYMOUS",
        "allow.everyone.if.no.acl.found": "false",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.keystore.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "ca.pem"),
        f"listener.name.{CERTIFICATES.lower()}.ssl.client.auth": "required",
        f"listener.name.{NAMES.lower()}.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        f"listener.name.{NAMES.lower()}.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
    }
    with ApacheKafka(properties=properties, guarded={CERTIFICATES: "SSL", NAMES: "SASL_SSL"}) as kafka:
        kafka.create_catalogue_topics(PARTITIONS)
        for name, role in load_roles(load_catalogue(PARTITIONS)).items():
            for principal in (f"User:CN=blinwatch-{name}", f"User:blinwatch-{name}"):
                asyncio.run(grant(kafka.bootstrap, principal, role.grants))
            _let_in(kafka.admin(), f"blinwatch-{name}")
        _wake_coordinator(kafka)
        yield SecuredKafka(kafka, folder)


def _wake_coordinator(kafka: ApacheKafka) -> None:
    """The brokers make their topic of positions when the first is committed, and answer nobody about groups before."""
    first = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "first", "enable.auto.commit": False, **QUIET})
    first.commit(offsets=[TopicPartition("alerts.lifecycle.v1", 0, 0)], asynchronous=False)
    first.close()


def _let_in(admin: AdminClient, name: str) -> None:
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    wanted = UserScramCredentialUpsertion(name, info, PASSWORD.encode())
    for done in admin.alter_user_scram_credentials([wanted]).values():
        done.result(30)
