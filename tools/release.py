"""Makes a release: tries everything, writes what changed for a ward, builds, lists what is in it, signs.

    python -m tools.release --key FILE     into dist/release-VERSION; stops at the first thing that is not well
    python -m tools.release --trial        to try the release itself: quick suites, a changed tree will do

docs/safety/releases.md says what each file is for. A trial says in every summary that it is none to give away.
"""

# ruff: noqa: INP001, S603, T201 - a tool for developers: it runs this repository's own commands, and prints
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import soup

ROOT = Path(__file__).resolve().parents[1]
SUITES = ("check", "coverage", "test-kafka")
QUICK_SUITES = ("lint", "types", "rooms")
SBOM_TOOL, SBOM_CHECK = "cyclonedx-bom==7.5.0", "cyclonedx-python-lib[json-validation]==11.12.0"
AUDIT_TOOL = "pip-audit==2.10.1"
SBOM_VERSION = "1.6"
SUMS, SIGNATURE, PUBLIC_KEY = "SHA256SUMS", "SHA256SUMS.sig", "release-key.pub.pem"
LISTED_ENOUGH = 3
_VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(fault) if fault else 0)
"""


class ReleaseError(Exception):
    """The release cannot be made; the message says why and what to do."""


@dataclass(slots=True)
class Summary:
    """What was done, for people: becomes SUMMARY.txt."""

    lines: list[str] = field(default_factory=list[str])

    def say(self, line: str) -> None:
        """Note a line, and show it at once."""
        self.lines.append(line)
        print(line, flush=True)


def run(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """A command of this project, its words and output as text; the caller looks at its status."""
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, **more)


def uv() -> str:
    """The uv to use: `UV`, else the one on the path."""
    found = shutil.which(os.environ.get("UV", "uv"))
    if found is None:
        raise ReleaseError(
            "uv is not found: install it, or name it in UV; it builds from the lock and runs the release's tools"
        )
    return found


def versions() -> dict[str, str]:
    """The version as each file says it; they must all be one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    package = re.search(
        r'__version__ = "([^"]+)"', (ROOT / "service/blinwatch/__init__.py").read_text(encoding="utf-8")
    )
    image = re.search(r"image: blinwatch:(\S+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return {
        "pyproject.toml": project,
        "service/blinwatch/__init__.py": package[1] if package else "",
        "docker-compose.yml": image[1] if image else "",
    }


def one_version(said: dict[str, str]) -> str:
    """The version. Raises `ReleaseError` where the files differ."""
    if len(set(said.values())) != 1:
        raise ReleaseError("the files name different versions: " + ", ".join(f"{k} {v!r}" for k, v in said.items()))
    return next(iter(said.values()))


def require_readiness(version: str) -> None:
    """A clean tree and a dated part in the changelog. Raises `ReleaseError`."""
    if run("git", "status", "--porcelain").stdout.strip():
        raise ReleaseError("the tree has changes that are not committed: a release is made of what is recorded")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## {re.escape(version)} / \d{{4}}-\d\d-\d\d$", changelog, flags=re.MULTILINE):
        raise ReleaseError(f"CHANGELOG.md has no part '## {version} / YYYY-MM-DD': name and date what is unreleased")


def run_suites(suites: Sequence[str], summary: Summary) -> None:
    """Each target of the Makefile in turn. Raises `ReleaseError` at the first that fails."""
    for suite in suites:
        began_s = time.monotonic()
        done = run("make", suite)
        took_s = time.monotonic() - began_s
        if done.returncode:
            raise ReleaseError(f"make {suite} failed:\n{(done.stdout + done.stderr)[-3000:]}")
        skipped = re.findall(r"(\d+) skipped", done.stdout)
        left_out = f", {skipped[-1]} tests skipped" if skipped else ""
        if "NOT RUN" in done.stdout + done.stderr:
            left_out += "; some say NOT RUN"
        summary.say(f"make {suite}: well after {took_s:.0f} s{left_out}")


def decision_diff(folder: Path, summary: Summary) -> None:
    """What this version decides otherwise about every golden history than the last one that was tagged."""
    found = run("git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^")
    base = found.stdout.strip()
    if found.returncode or not base:
        text = "There is no release before this one: nothing to compare with.\n"
    else:
        done = run(sys.executable, "tools/decision_diff.py", base)
        if done.returncode not in (0, 1) or (done.returncode and not done.stdout):
            raise ReleaseError(f"the decisions of {base} cannot be compared:\n{done.stderr[-2000:]}")
        text = f"Decisions about the golden histories, {base} against this release:\n\n{done.stdout}"
    (folder / "decision-diff.txt").write_text(text, encoding="utf-8")
    summary.say("decision diff: " + (f"against {base}" if base else "no release before this one"))


def build(folder: Path, summary: Summary) -> None:
    """Wheel and source archive, with the locked tools; the same commit gives the same bytes."""
    when = run("git", "log", "-1", "--format=%ct").stdout.strip()
    locked = ("--build-constraints", "requirements/build.txt", "--require-hashes")
    done = run(uv(), "build", "--out-dir", str(folder), *locked, env={**os.environ, "SOURCE_DATE_EPOCH": when})
    (folder / ".gitignore").unlink(missing_ok=True)
    if done.returncode:
        raise ReleaseError(f"the package cannot be built:\n{done.stderr[-2000:]}")
    summary.say("built: " + ", ".join(sorted(path.name for path in folder.glob("blinwatch-*"))))


def with_graph(bom: dict[str, Any]) -> dict[str, Any]:
    """The list with who asks for what, from the lock."""
    refs = {one["name"]: one["bom-ref"] for one in bom["components"]}
    locked, direct = soup.packages()
    asked: dict[str, set[str]] = {}
    for name, askers in soup.needed_by(locked, direct).items():
        for asker in askers:
            asked.setdefault(asker, set()).add(name)
    root = bom["metadata"]["component"]["bom-ref"]
    told = {root: asked.get("blinwatch", set()), **{ref: asked.get(name, set()) for name, ref in refs.items()}}
    graph = [{"ref": ref, "dependsOn": sorted(refs[name] for name in names)} for ref, names in sorted(told.items())]
    return {**bom, "dependencies": graph}


def list_software(folder: Path, version: str, summary: Summary) -> None:
    """The CycloneDX list of all that the image installs; validated against its schema."""
    target = folder / f"blinwatch-{version}.cdx.json"
    source = ("requirements", "requirements/production.txt", "--pyproject", "pyproject.toml", "--output-reproducible")
    form = ("--of", "JSON", "--sv", SBOM_VERSION, "--validate", "--output-file", str(target))
    done = run(uv(), "tool", "run", "--from", SBOM_TOOL, "cyclonedx-py", *source, *form)
    if done.returncode:
        raise ReleaseError(f"the list of software cannot be made:\n{done.stderr[-2000:]}")
    bom = with_graph(json.loads(target.read_text(encoding="utf-8")))
    target.write_text(json.dumps(bom, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    checked = run(uv(), "run", "--no-project", "--with", SBOM_CHECK, "python", "-c", _VALIDATE, str(target))
    if checked.returncode:
        raise ReleaseError(f"the list of software is no valid CycloneDX {SBOM_VERSION}:\n{checked.stderr[-2000:]}")
    summary.say(f"software: {len(bom['components'])} packages in {target.name}, valid CycloneDX {SBOM_VERSION}")


def judged_audit(report: dict[str, Any], accepted: Sequence[str]) -> tuple[str, list[str]]:
    """What pip-audit's answer comes to, in a line, and advisories that nobody has accepted.

    A package that could not be looked up is told as such: pip-audit itself ends with success then.
    """
    packages: list[dict[str, Any]] = report["dependencies"]
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    found = [f"{one['name']} {flaw['id']}" for one in packages for flaw in one.get("vulns", [])]
    open_flaws = [one for one in found if one.split()[1] not in accepted]
    if len(unknown) == len(packages):
        return "NOT AUDITED: the advisory database could not be asked about a single package from here", open_flaws
    line = f"{len(packages) - len(unknown)} of {len(packages)} packages looked up, {len(found)} advisories"
    if unknown:
        line += (
            "; NOT AUDITED: " + ", ".join(unknown[:LISTED_ENOUGH]) + (" ..." if len(unknown) > LISTED_ENOUGH else "")
        )
    return line + (f"; accepted: {', '.join(accepted)}" if accepted else ""), open_flaws


def audit(folder: Path, accepted: Sequence[str], summary: Summary) -> None:
    """Known weaknesses of what the image installs. Raises `ReleaseError` for one that was not accepted by name."""
    words = ("-r", "requirements/production.txt", "--require-hashes", "--disable-pip", "--no-deps", "-f", "json")
    done = run(uv(), "tool", "run", AUDIT_TOOL, *words)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        summary.say(
            "advisories: NOT AUDITED: pip-audit gave no answer: "
            + (done.stderr.strip().splitlines() or ["nothing"])[-1]
        )
        return
    (folder / "audit.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    line, open_flaws = judged_audit(report, accepted)
    summary.say(f"advisories: {line}")
    if open_flaws:
        raise ReleaseError(
            f"advisories that nobody has accepted: {', '.join(open_flaws)}; update, or --accept each by its id"
        )


def build_image(folder: Path, version: str, summary: Summary) -> None:
    """The image, where a Docker daemon answers; its digest and size."""
    if shutil.which("docker") is None or run("docker", "info").returncode:
        summary.say("image: NOT BUILT: no Docker daemon answers here; the head of deploy/Dockerfile has the command")
        return
    tag = f"blinwatch:{version}"
    done = run("docker", "build", "--file", "deploy/Dockerfile", "--tag", tag, ".")
    if done.returncode:
        raise ReleaseError(f"the image cannot be built:\n{done.stderr[-2000:]}")
    told = run("docker", "image", "inspect", "--format", "{{.Id}} {{.Size}}", tag).stdout.split()
    archive = folder / f"blinwatch-{version}.image.tar"
    if run("docker", "save", "--output", str(archive), tag).returncode:
        raise ReleaseError("the image cannot be saved: is there room on the disk?")
    summary.say(f"image: {tag}, {int(told[1]) / 1e6:.0f} MB, {told[0]}")


def write_sums(folder: Path) -> Path:
    """SHA256SUMS of every file of the release, as `sha256sum --check` reads it."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name not in (SUMS, SIGNATURE))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    target = folder / SUMS
    target.write_text("".join(lines), encoding="utf-8")
    return target


def public_half(key: Path) -> bytes:
    """The public key as PEM. Raises `ReleaseError` where the file holds no Ed25519 key."""
    done = subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout"], capture_output=True, check=False)  # noqa: S607
    kind = subprocess.run(["openssl", "pkey", "-in", str(key), "-noout", "-text"], capture_output=True, check=False)  # noqa: S607
    if done.returncode or b"ED25519" not in kind.stdout.upper():
        raise ReleaseError(f"{key} holds no Ed25519 key; make one: openssl genpkey -algorithm ed25519 -out {key}")
    return done.stdout


def sign(folder: Path, key: Path) -> None:
    """Sign SHA256SUMS with an Ed25519 key."""
    words = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(key), "-in", str(folder / SUMS)]
    done = subprocess.run([*words, "-out", str(folder / SIGNATURE)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"the sums cannot be signed: {done.stderr.strip()}")


def make(options: argparse.Namespace) -> Path:
    """The whole release; its folder."""
    version = one_version(versions())
    if not options.trial:
        require_readiness(version)
    public = None if options.key is None else public_half(options.key)
    folder = ROOT / "dist" / (f"trial-{version}" if options.trial else f"release-{version}")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    summary = Summary()
    commit = run("git", "rev-parse", "HEAD").stdout.strip()
    summary.say(f"blinwatch {version}, commit {commit}" + ("; A TRIAL, NOT A RELEASE" if options.trial else ""))
    run_suites(QUICK_SUITES if options.trial else SUITES, summary)
    decision_diff(folder, summary)
    build(folder, summary)
    list_software(folder, version, summary)
    audit(folder, options.accept, summary)
    build_image(folder, version, summary)
    shutil.copy(ROOT / "CHANGELOG.md", folder)
    summary.say("signed by the key beside it" if public else "NOT SIGNED: no --key")
    (folder / "SUMMARY.txt").write_text("\n".join(summary.lines) + "\n", encoding="utf-8")
    if public is not None:
        (folder / PUBLIC_KEY).write_bytes(public)
    write_sums(folder)
    if options.key is not None:
        sign(folder, options.key)
    return folder


def main() -> int:
    """Read the command line; status 1 where the release cannot be made."""
    parser = argparse.ArgumentParser(description="Make a release of blinwatch.")
    parser.add_argument("--key", type=Path, help="PEM file with the Ed25519 key that signs the release")
    parser.add_argument(
        "--trial", action="store_true", help="quick suites, a changed tree, unsigned: to try the release itself"
    )
    parser.add_argument(
        "--accept", action="append", default=[], metavar="ADVISORY", help="an advisory that was judged harmless"
    )
    options = parser.parse_args()
    if options.key is None and not options.trial:
        parser.error("a release is signed: give --key FILE, or --trial")
    try:
        folder = make(options)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(f"in {folder.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
