#!/usr/bin/env python3
"""The list of software of unknown provenance (IEC 62304): writes docs/safety/soup.md.

tools/soup.py          rewrites the page
tools/soup.py check    ends with 1 where the page is not what lock, image and Compose file say
"""

# ruff: noqa: T201 - a tool for developers, which prints
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE, KNOWN = ROOT / "docs/safety/soup.md", ROOT / "docs/safety/soup.yaml"
IN_THE_IMAGE = ("audit", "board", "forward", "postgres")
"""The extras that deploy/Dockerfile installs: requirements/production.txt."""


def packages() -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Every package of the lock, and the names of those that blinwatch itself asks for."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {one["name"]: one for one in lock["package"]}
    own = locked["blinwatch"]
    wanted = [*own["dependencies"], *(one for extra in IN_THE_IMAGE for one in own["optional-dependencies"][extra])]
    return locked, sorted({one["name"] for one in wanted} - {"blinwatch"})


def needed_by(locked: dict[str, dict[str, Any]], direct: list[str]) -> dict[str, set[str]]:
    """Each package of the image with those that ask for it; a direct one also with `blinwatch`."""
    found: dict[str, set[str]] = {name: {"blinwatch"} for name in direct}
    waiting = list(direct)
    while waiting:
        name = waiting.pop()
        package = locked[name]
        # An extra such as psycopg's `binary` is asked for as a whole; only blinwatch does that, for what it names.
        extras = package.get("optional-dependencies", {}) if name in direct else {}
        asked = [*package.get("dependencies", []), *(one for some in extras.values() for one in some)]
        for one in asked:
            if one["name"] not in locked:
                continue
            if one["name"] not in found:
                found[one["name"]] = set()
                waiting.append(one["name"])
            found[one["name"]].add(name)
    return found


def images() -> dict[str, str]:
    """Name of each foreign program to its version, from the files that start it."""
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    python = re.search(r"^ARG PYTHON_IMAGE=python:([0-9.]+)-slim-(\w+)$", dockerfile, flags=re.MULTILINE)
    if python is None:
        raise SystemExit("deploy/Dockerfile names no PYTHON_IMAGE with a version")
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    versions = {name: str(service["image"]).rpartition(":")[2].removeprefix("v") for name, service in services.items()}
    return {
        "Python": python[1],
        "Debian": python[2],
        "Apache Kafka": versions["kafka"],
        **{name.capitalize(): versions[name] for name in ("prometheus", "alertmanager", "grafana")},
    }


def render() -> tuple[str, list[str]]:
    """The page, and what is missing from docs/safety/soup.yaml."""
    known = yaml.safe_load(KNOWN.read_text(encoding="utf-8"))
    locked, direct = packages()
    wanted, running = needed_by(locked, direct), images()
    missing = [name for name in direct if name not in known["python_packages"]]
    missing += [name for name in running if name not in known["others"]]
    lines = [
        "# Software of unknown provenance",
        "",
        "<!-- Written by tools/soup.py from uv.lock, soup.yaml, the Dockerfile and the Compose file: change those. -->",
        "",
        "What runs in the image or beside it and was not made here (IEC 62304: SOUP). Every Python package is pinned",
        "with its hashes; a release lists them again as CycloneDX ([releases.md](releases.md)).",
        "",
        "## What blinwatch itself asks for",
        "",
        "| package | version | for | if it were wrong | noticed, and limited by |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(name, locked[name]["version"], known["python_packages"].get(name, {})) for name in direct]
    lines += [
        "",
        "## Programs",
        "",
        "| program | version | for | if it were wrong | noticed, and limited by |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(name, version, known["others"].get(name, {})) for name, version in running.items()]
    lines += ["", "## What those ask for in turn", "", "| package | version | asked for by |", "|---|---|---|"]
    lines += [
        f"| {name} | {locked[name]['version']} | {', '.join(sorted(wanted[name]))} |"
        for name in sorted(wanted)
        if name not in direct
    ]
    return "\n".join([*lines, ""]), missing


def _row(name: str, version: str, known: dict[str, str]) -> str:
    return f"| {name} | {version} | {known.get('for', '')} | {known.get('if_wrong', '')} | {known.get('noticed', '')} |"


def main() -> int:
    """Write the page, or check it."""
    page, missing = render()
    for name in missing:
        print(f"docs/safety/soup.yaml says nothing about {name}", file=sys.stderr)
    if sys.argv[1:] == ["check"]:
        same = PAGE.read_text(encoding="utf-8") == page
        if not same:
            print("docs/safety/soup.md is old: run tools/soup.py", file=sys.stderr)
        return 0 if same and not missing else 1
    PAGE.write_text(page, encoding="utf-8")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
