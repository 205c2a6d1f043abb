"""The jars of real Apache Kafka: which Java runs them, and Maven that fetches them once into `.cache/`.

`python -m tests.support.kafka_jars` fetches them and prints where they are, or says what is missing (status 1).
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POM = ROOT / "tests" / "kafka" / "pom.xml"
CACHE = ROOT / ".cache"
JAVA_AT_LEAST = 17
"""What Kafka 4 brokers are compiled for."""
FETCH_MOST_S = 300
"""About 45 MB: 15 s on an ordinary line."""
TO_INSTALL = "Debian and Ubuntu: apt install openjdk-17-jre-headless maven"


class NoApacheKafkaError(Exception):
    """Real Kafka cannot be started here; the text says what was looked for and what to install."""


@dataclass(frozen=True)
class KafkaJars:
    """A Java that is new enough, and the folder with the jars."""

    java: str
    folder: Path
    version: str

    @property
    def classpath(self) -> str:
        """For `java -cp`."""
        return f"{self.folder}/*"


@cache
def kafka_jars() -> KafkaJars:
    """The jars, fetched if they are not there yet.

    Raises `NoApacheKafkaError` where Java or Maven is missing, or Maven cannot fetch.
    """
    java = _find_java()
    pom = POM.read_bytes()
    version = _version_in(pom)
    folder = CACHE / f"kafka-{version}-{hashlib.sha256(pom).hexdigest()[:8]}"
    if not folder.is_dir():
        CACHE.mkdir(exist_ok=True)
        with (CACHE / "kafka.lock").open("w") as lock:
            # Test processes that start together must not fetch twice.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.is_dir():
                _fetch(folder)
    return KafkaJars(java, folder, version)


def _version_in(pom: bytes) -> str:
    found = ET.fromstring(pom).find(".//{*}kafka.version")  # noqa: S314 - our own file
    assert found is not None, f"{POM} names no kafka.version"
    assert found.text, f"{POM} names no kafka.version"
    return found.text


def _find_java() -> str:
    home = os.environ.get("JAVA_HOME")
    candidates = [f"{home}/bin/java"] if home else []
    candidates += [found] if (found := shutil.which("java")) else []
    seen: list[str] = []
    for java in candidates:
        major = _major_version(java)
        if major is not None and major >= JAVA_AT_LEAST:
            return java
        seen.append(f"{java} ({'does not run' if major is None else f'Java {major}'})")
    raise NoApacheKafkaError(
        f"real Kafka needs Java {JAVA_AT_LEAST} or later: looked for JAVA_HOME and `java` on PATH, found "
        f"{', '.join(seen) or 'none'}. {TO_INSTALL}"
    )


def _major_version(java: str) -> int | None:
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True, timeout=30).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else None


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NoApacheKafkaError(
            f"the jars of real Kafka are not in {folder}, and Maven, which fetches them, is missing: looked for `mvn` "
            f"on PATH. {TO_INSTALL}"
        )
    with tempfile.TemporaryDirectory(dir=CACHE) as unfinished:
        jars = Path(unfinished) / "jars"
        words = [
            "--batch-mode",
            "--quiet",
            f"--file={POM}",
            "dependency:copy-dependencies",
            f"-DoutputDirectory={jars}",
        ]
        try:
            done = subprocess.run(
                [maven, *words], capture_output=True, text=True, check=False, timeout=FETCH_MOST_S, cwd=unfinished
            )
        except subprocess.TimeoutExpired as error:
            raise NoApacheKafkaError(f"Maven did not fetch the jars of Kafka within {FETCH_MOST_S} s") from error
        if done.returncode:
            told = "\n".join((done.stdout + done.stderr).strip().splitlines()[:10])
            raise NoApacheKafkaError(f"Maven could not fetch the jars of Kafka (status {done.returncode}):\n{told}")
        jars.rename(folder)


def main() -> int:
    try:
        jars = kafka_jars()
    except NoApacheKafkaError as missing:
        print(f"!!! SKIPPED: {missing}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"Apache Kafka {jars.version}: {jars.folder}, run by {jars.java}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
