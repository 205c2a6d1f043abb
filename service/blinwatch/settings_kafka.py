"""The settings about Kafka: where it is, who this process is to it, and how the workers share the work."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from blinwatch.setting_field import PREFIX, setting

HostAndPort = Annotated[str, Field(pattern=r"^[A-Za-z0-9._\-\[\]:]+:[0-9]{1,5}$")]


class KafkaSettings(BaseSettings):
    """Part of `settings.Settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        # An empty variable counts as unset: Compose passes `NAME=` on where nobody chose a value.
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        validate_default=True,
        # A wrong address of the trend store may hold a password, also in the program's own trace.
        hide_input_in_errors=True,
    )

    kafka_bootstrap: Annotated[tuple[HostAndPort, ...], NoDecode, Field(min_length=1)] = setting(
        ("127.0.0.1:9092",),
        "host:port, comma between several",
        "Brokers to ask first; any one of them that answers names the others.",
    )
    kafka_security: Literal["plaintext", "tls"] = setting(
        "plaintext",
        "choice",
        "tls: every connection to Kafka is encrypted and the broker must show a certificate. plaintext suits a broker "
        "on this machine or in a closed container network only.",
    )
    kafka_ca_file: Path | None = setting(
        None,
        "PEM file",
        "With tls: the authorities whose certificates a broker may show. Unset: those that the system trusts.",
    )
    kafka_certificate_file: Path | None = setting(
        None,
        "PEM file",
        "With tls: the certificate by which the broker knows this process (its role). Needs BLINWATCH_KAFKA_KEY_FILE. "
        "Read at every new connection's start-up, so a renewed one takes force at a restart.",
    )
    kafka_key_file: Path | None = setting(None, "PEM file", "The private key of that certificate, without a password.")
    kafka_username: Annotated[str, Field(pattern=r"^[A-Za-z0-9._\-@]{1,120}$")] | None = setting(
        None,
        "name of letters, digits, . _ - @",
        "With tls: the name by which the broker knows this process (SASL, SCRAM-SHA-512), where certificates are not "
        "used for that.",
    )
    kafka_password_file: Path | None = setting(
        None,
        "file",
        "Holds that name's password and nothing else. A password itself is never a setting: the environment of a "
        "process is shown by many tools.",
    )
    group_id: str = setting(
        "blinwatch.worker.v1",
        "name of letters, digits, . _ -",
        "Consumer group the workers share. Workers of one group divide the patients among them; two groups "
        "on one broker each judge every patient. One group owns the state changelog; another is refused.",
        pattern=r"^[A-Za-z0-9._\-]{1,120}$",
    )
    instance_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._\-]{1,120}$")] | None = setting(
        None,
        "name of letters, digits, . _ -",
        "Static membership: a worker that comes back under the same name within the session timeout gets its "
        "partitions back without a rebalance. Must differ between workers. Unset: ordinary membership.",
    )
    partitions: int = setting(
        8,
        "partitions",
        "Partitions of every input topic. It bounds how many workers can share the load, and it cannot be "
        "changed later without moving patients, so a worker refuses a broker that differs.",
        ge=1,
        le=1024,
    )
    replication_factor: int = setting(
        1,
        "brokers",
        "Copies the broker keeps of each topic `blinwatch topics apply` creates. 1 suits a single broker "
        "only; production wants 3.",
        ge=1,
        le=9,
    )
    stream_mode: Literal["batch", "agent"] = setting(
        "batch",
        "choice",
        "batch: whole fetched batches go to the judgement (the hot path). agent: Faust's plain agents with "
        "the same judgement, about fifteen times slower; kept as a reference and a way out.",
    )
    commit_interval_s: float = setting(
        1.0,
        "seconds",
        "How often changed states and offsets are made durable. After a crash about this much is read again.",
        ge=0.05,
        le=60,
    )
    tick_interval_s: float = setting(
        5.0,
        "seconds",
        "How often a worker writes a clock tick for its partitions. A deadline that no event passes "
        "(silence, 4-hour interruption) is noticed at most this late.",
        ge=0.1,
        le=60,
    )
    session_timeout_s: float = setting(
        12.0,
        "seconds",
        "Silence after which the broker gives a dead worker's patients to the others. Shorter notices "
        "sooner; too short takes a busy worker for a dead one.",
        ge=6,
        le=300,
    )
    request_timeout_s: float = setting(
        30.0,
        "seconds",
        "Longest wait for one answer of the broker before it counts as failed.",
        ge=1,
        le=600,
    )
    linger_ms: int = setting(
        2,
        "milliseconds",
        "How long the producer gathers records into one request. It is added to the delay of every alert.",
        ge=0,
        le=1000,
    )
    scratch_dir: Path | None = setting(
        None,
        "folder",
        "Where Faust makes its working folders. Nothing in it has to last. Unset: a folder of its own in the "
        "system's temporary folder.",
    )

    @model_validator(mode="after")
    def _times_fit_together(self) -> Self:
        if self.request_timeout_s <= self.session_timeout_s:
            message = (
                f"{PREFIX}REQUEST_TIMEOUT_S={self.request_timeout_s:g} must be more than "
                f"{PREFIX}SESSION_TIMEOUT_S={self.session_timeout_s:g}, or joining the group can time out; "
                f"set {PREFIX}REQUEST_TIMEOUT_S to {self.session_timeout_s * 2:g} or more"
            )
            raise ValueError(message)
        if self.commit_interval_s >= self.session_timeout_s:
            message = (
                f"{PREFIX}COMMIT_INTERVAL_S={self.commit_interval_s:g} must be less than "
                f"{PREFIX}SESSION_TIMEOUT_S={self.session_timeout_s:g}, or a worker can lose its partitions "
                f"before it ever commits; set {PREFIX}COMMIT_INTERVAL_S to 1"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _who_we_are_is_said_in_full(self) -> Self:
        told = {
            "KAFKA_CA_FILE": self.kafka_ca_file,
            "KAFKA_CERTIFICATE_FILE": self.kafka_certificate_file,
            "KAFKA_KEY_FILE": self.kafka_key_file,
            "KAFKA_USERNAME": self.kafka_username,
            "KAFKA_PASSWORD_FILE": self.kafka_password_file,
        }
        given = [name for name, value in told.items() if value is not None]
        if given and self.kafka_security != "tls":
            message = f"{PREFIX}{given[0]} has no meaning without {PREFIX}KAFKA_SECURITY=tls; set that, or unset this"
            raise ValueError(message)
        for one, other in (("KAFKA_CERTIFICATE_FILE", "KAFKA_KEY_FILE"), ("KAFKA_USERNAME", "KAFKA_PASSWORD_FILE")):
            if (one in given) != (other in given):
                message = f"{PREFIX}{one} and {PREFIX}{other} go together; set both or neither"
                raise ValueError(message)
        return self
