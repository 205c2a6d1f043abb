"""One runtime of the race in a process of its own, and the line of figures it prints."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def run_peer(python: Path, module: str, words: list[str], most_s: float) -> dict[str, Any]:
    """Run benchmarks/peers/`module` with these words; its figures. One that tells none stops the measurement."""
    ended = subprocess.run(
        [str(python), "-m", f"benchmarks.peers.{module}", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'service'}"},
        capture_output=True,
        text=True,
        timeout=most_s,
        check=False,
    )
    lines = [line for line in ended.stdout.splitlines() if line.startswith("{")]
    assert lines, f"{module} told no result:\n{ended.stdout[-3000:]}\n{ended.stderr[-6000:]}"
    result: dict[str, Any] = json.loads(lines[-1])
    return result
