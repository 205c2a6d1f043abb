"""deploy/Dockerfile: what a linter and a hospital's policy ask of an image, read from its instructions."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction with its words; lines that go on are one."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(name, words.strip()) for name, _, words in (line.partition(" ") for line in joined.splitlines())]


def unpinned(steps: list[tuple[str, str]]) -> list[str]:
    """Bases that a registry may change under their name."""
    arguments = dict(words.split("=", 1) for name, words in steps if name == "ARG" and "=" in words)
    bases = [words.split()[0] for name, words in steps if name == "FROM"]
    images = [re.sub(r"\$\{(\w+)\}", lambda match: arguments.get(match[1], ""), base) for base in bases]
    return [one for one in images if not re.search(r":\d+\.\d+\.\d+[\w.-]*$|@sha256:[0-9a-f]{64}$", one)]


def without_hash(words: str) -> bool:
    """Whether a RUN installs a package that is not checked against its hash."""
    parts = [part for part in words.split("&&") if "pip" in part and " install" in part]
    return any("--require-hashes" not in part and "--no-deps" not in part for part in parts)


FORBIDDEN = (
    ("ADD", r"", "ADD fetches and unpacks; COPY does neither"),
    ("ENV", r"(?i)(password|secret|token|api_?key)\w*\s*=", "a secret in an instruction stays in the image for ever"),
    ("ARG", r"(?i)(password|secret|token|api_?key)\w*\s*=", "a secret in an instruction stays in the image for ever"),
    ("RUN", r"\bsudo\b|curl|wget", "RUN fetches by hand or changes who it is"),
    ("COPY", r"^\. ", "COPY . takes whatever lies about"),
    ("ENTRYPOINT", r"^[^\[]", "a shell stands between signals and the program"),
    ("CMD", r"^[^\[]", "a shell stands between signals and the program"),
)


def faults(text: str) -> list[str]:
    """What is wrong with a Dockerfile, a sentence each."""
    steps = instructions(text)
    final = steps[max(at for at, (name, _) in enumerate(steps) if name == "FROM") :]
    found = [f"base {one!r} is pinned to no whole version and no digest" for one in unpinned(steps)]
    users = [words for name, words in final if name == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]):
        found.append("the last user is not an ordinary one, by number")
    if "HEALTHCHECK" not in [name for name, _ in final]:
        found.append("no health check")
    found += [
        said for name, words in steps for kind, form, said in FORBIDDEN if name == kind and re.search(form, words)
    ]
    if any(name == "RUN" and without_hash(words) for name, words in steps):
        found.append("a package is installed without its hash")
    if any(name == "RUN" and "pip install" in words for name, words in final):
        found.append("the image that runs has a package installer at work")
    return found


def test_the_dockerfile_is_as_the_policy_wants_it() -> None:
    assert faults(DOCKERFILE) == []


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("python:3.11.14-slim-bookworm\n\n# ----", "python:latest\n\n# ----", "pinned to no whole version"),
        ("USER 10001:10001", "USER root", "ordinary one"),
        ("HEALTHCHECK", "LABEL", "no health check"),
        ("COPY requirements ./requirements", "ADD requirements ./requirements", "ADD fetches"),
        ("COPY service ./service", "COPY . .", "whatever lies about"),
        ("BLINWATCH_LOG_FORMAT=json", "KAFKA_PASSWORD=x", "secret"),
        ("--require-hashes --only-binary :all: -r requirements/build.txt", "-r requirements/build.txt", "its hash"),
        ('ENTRYPOINT ["blinwatch"]', "ENTRYPOINT blinwatch", "shell stands between"),
        ("RUN groupadd", "RUN curl x | sh && groupadd", "by hand"),
    ],
)
def test_each_fault_is_found(old: str, new: str, said: str) -> None:
    assert old in DOCKERFILE
    assert any(said in one for one in faults(DOCKERFILE.replace(old, new)))
