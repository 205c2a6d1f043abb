"""A release stops where something is not well, says what was not done, and cannot be changed unseen."""

import json
import subprocess
from pathlib import Path

import pytest
from tools import release, soup


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "release-key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", file], check=True, capture_output=True)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release of two files."""
    made = tmp_path / "release"
    made.mkdir()
    (made / "blinwatch.whl").write_bytes(b"the wheel")
    (made / "SUMMARY.txt").write_text("what was done\n", encoding="utf-8")
    return made


def is_good(folder: Path, public: Path) -> bool:
    """What docs/safety/releases.md tells whoever installs to do."""
    words = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(public), "-in", "SHA256SUMS"]
    signed = subprocess.run([*words, "-sigfile", "SHA256SUMS.sig"], cwd=folder, capture_output=True, check=False)
    sums = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
    return signed.returncode == 0 and sums.returncode == 0


def test_a_signed_release_is_good_and_a_changed_file_or_sum_is_found(folder: Path, key: Path, tmp_path: Path) -> None:
    public = tmp_path / "trusted.pub.pem"
    public.write_bytes(release.public_half(key))
    release.write_sums(folder)
    release.sign(folder, key)
    assert is_good(folder, public)
    (folder / "blinwatch.whl").write_bytes(b"another wheel")
    assert not is_good(folder, public)
    release.write_sums(folder)
    assert not is_good(folder, public)


def test_another_kind_of_key_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    file = tmp_path / "rsa.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", file], check=True, capture_output=True)
    with pytest.raises(release.ReleaseError, match="openssl genpkey -algorithm ed25519"):
        release.public_half(file)


def test_all_files_name_one_version() -> None:
    assert release.one_version(release.versions())
    with pytest.raises(release.ReleaseError, match="different versions"):
        release.one_version({"a": "1", "b": "2"})


def test_a_suite_that_fails_stops_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run(*words: str, **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(words[-1])
        return subprocess.CompletedProcess(words, int(words[-1] == "coverage"), "2 passed, 1 skipped", "")

    monkeypatch.setattr(release, "run", run)
    summary = release.Summary()
    with pytest.raises(release.ReleaseError, match="make coverage failed"):
        release.run_suites(release.SUITES, summary)
    assert asked == ["check", "coverage"]
    assert "1 tests skipped" in summary.lines[0]


def test_a_version_without_a_dated_part_of_the_changelog_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = subprocess.CompletedProcess((), 0, "", "")
    monkeypatch.setattr(release, "run", lambda *_: clean)
    with pytest.raises(release.ReleaseError, match="CHANGELOG"):
        release.require_readiness("99.0.0")


def test_a_tree_with_changes_is_no_release(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = subprocess.CompletedProcess((), 0, " M service/blinwatch/cli.py\n", "")
    monkeypatch.setattr(release, "run", lambda *_: changed)
    with pytest.raises(release.ReleaseError, match="not committed"):
        release.require_readiness("0.1.0")


def test_packages_that_could_not_be_looked_up_are_never_told_as_clean() -> None:
    skipped = {"name": "aiokafka", "skip_reason": "could not be audited"}
    clean = {"name": "orjson", "vulns": []}
    line, found = release.judged_audit({"dependencies": [skipped]}, ())
    assert line.startswith("NOT AUDITED")
    assert not found
    line, _ = release.judged_audit({"dependencies": [skipped, clean]}, ())
    assert line == "1 of 2 packages looked up, 0 advisories; NOT AUDITED: aiokafka"


def test_an_advisory_stops_the_release_until_somebody_accepts_it_by_name() -> None:
    report = {"dependencies": [{"name": "aiohttp", "vulns": [{"id": "PYSEC-1"}]}]}
    assert release.judged_audit(report, ())[1] == ["aiohttp PYSEC-1"]
    line, found = release.judged_audit(report, ("PYSEC-1",))
    assert not found
    assert "accepted: PYSEC-1" in line


def test_the_list_of_software_says_who_asks_for_what() -> None:
    locked, direct = soup.packages()
    names = sorted(soup.needed_by(locked, direct))
    bom = {
        "metadata": {"component": {"bom-ref": "root"}},
        "components": [{"name": name, "bom-ref": f"ref-{name}"} for name in names],
    }
    graph = {one["ref"]: one["dependsOn"] for one in release.with_graph(bom)["dependencies"]}
    assert graph["root"] == [f"ref-{name}" for name in direct]
    assert "ref-aiohttp" in graph["ref-faust-streaming"]
    reached, waiting = {"root"}, ["root"]
    while waiting:
        for ref in graph[waiting.pop()]:
            if ref not in reached:
                reached.add(ref)
                waiting.append(ref)
    assert reached == set(graph)


@pytest.mark.slow
def test_the_list_of_software_is_made_and_validated_by_others(tmp_path: Path) -> None:
    try:
        release.uv()
    except release.ReleaseError as missing:
        pytest.skip(f"NOT RUN: {missing}")
    summary = release.Summary()
    try:
        release.list_software(tmp_path, "0.1.0", summary)
    except release.ReleaseError as error:
        if "error sending request" in str(error) or "not found in the cache" in str(error):
            pytest.skip("NOT RUN: the CycloneDX tools cannot be fetched from here")
        raise
    bom = json.loads((tmp_path / "blinwatch-0.1.0.cdx.json").read_text(encoding="utf-8"))
    assert bom["specVersion"] == "1.6"
    assert all(one["externalReferences"][0]["hashes"] for one in bom["components"])
