"""The board with a certificate: pages by HTTPS, signed by the hospital's authority, and by nothing else."""

import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blinwatch.cli import build_app
from tests.support.board_process import BoardProcess
from tests.support.embedded import catalogue_broker
from tests.support.worker_process import ROOT

SCRIPT = ROOT / "deploy/secure/make-certificates.sh"


def answers(url: str, authority: Path) -> bool:
    """Whether it answers by a certificate of the authority. A certificate of somebody else raises."""
    context = ssl.create_default_context(cafile=authority)
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as answer:  # noqa: S310 - https, see the call
            return bool(answer.status == 200)
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            raise
        return False


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.mock("how browsers reach the board has nothing to do with its broker")
def test_a_board_with_a_certificate_speaks_https_only(tmp_path: Path) -> None:
    certificates = tmp_path / "certificates"
    subprocess.run([SCRIPT, certificates, "127.0.0.1"], check=True, capture_output=True, timeout=60)
    names = ("--tls-certificate", certificates / "board-server.pem", "--tls-key", certificates / "board-server.key")
    with (
        catalogue_broker() as broker,
        BoardProcess(broker.bootstrap, tmp_path, "nobody", options=[str(one) for one in names]) as board,
    ):
        url = f"https://127.0.0.1:{board.port}/healthz"
        end_s = time.monotonic() + 60
        while not answers(url, certificates / "ca.pem"):
            assert board.process.poll() is None, board.log()
            assert time.monotonic() < end_s, board.log()
            time.sleep(0.2)
        with pytest.raises((urllib.error.URLError, ConnectionError)):
            urllib.request.urlopen(f"http://127.0.0.1:{board.port}/healthz", timeout=5)
        assert "https://" in board.log()
        assert board.stop() == 0


@pytest.mark.parametrize(
    "words, told",
    [
        (["--tls-certificate", "board.pem"], "belong together"),
        (["--tls-certificate", "no-such.pem", "--tls-key", "no-such.key"], "there is no file no-such.pem"),
    ],
)
def test_half_a_certificate_is_an_error_for_people(words: list[str], told: str) -> None:
    done = CliRunner().invoke(build_app(), ["board", *words])
    assert done.exit_code != 0
    assert told in (done.output + str(done.exception))
