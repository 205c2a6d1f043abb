"""`kustomize build` for the little that deploy/kubernetes uses: resources and JSON patches. Anything else is an error.

So that the manifests are tested wherever Python is; where kustomize itself is found, a test compares the two.
"""

from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
KNOWN = {"apiVersion", "kind", "namespace", "resources", "patches"}


def build(folder: Path) -> list[Manifest]:
    """Every manifest of a folder with a kustomization.yaml, patched."""
    said = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    assert set(said) <= KNOWN, f"{folder}: {set(said) - KNOWN} is not known here"
    found: list[Manifest] = []
    for name in said["resources"]:
        path = (folder / name).resolve()
        found += build(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    for patch in said.get("patches", []):
        target = patch["target"]
        meant = [one for one in found if one["kind"] == target["kind"] and one["metadata"]["name"] == target["name"]]
        assert len(meant) == 1, f"{folder}: {target} is {len(meant)} manifests"
        for step in yaml.safe_load(patch["patch"]):
            _apply(meant[0], step)
    for one in found:
        if one["kind"] != "Namespace":
            assert one["metadata"]["namespace"] == said["namespace"], one["metadata"]["name"]
    return found


def _apply(manifest: Manifest, step: dict[str, Any]) -> None:
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].strip("/").split("/")]
    place: Any = manifest
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if step["op"] == "add" and isinstance(place, list):
        assert last == "-", step
        place.append(step["value"])
    elif step["op"] == "add":
        place[last] = step["value"]
    else:
        assert step["op"] == "replace", step
        key: Any = int(last) if isinstance(place, list) else last
        assert place[key] is not None
        place[key] = step["value"]
