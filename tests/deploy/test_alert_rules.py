"""Rules and routes of the service's own alarms: complete, explained, tested, and delivered to those who act.

Goal: an engineer who is woken finds out what it means for patients and what to do. Method: the files as they are
deployed, `promtool` and `amtool`, and both programs for real with a worker that is killed.
"""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from blinwatch.observe.metric_table import series_names
from blinwatch.observe.metrics_page import ALL_METRICS
from tests.support import monitoring
from tests.support.embedded import PlainWriter, catalogue_broker
from tests.support.monitoring import ALERTMANAGER, RULES, MonitoringStack
from tests.support.records import VITALS
from tests.support.worker_process import REAL_WITH_CLOCK, WorkerProcess

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = ROOT / "docs/operating/runbooks"
RULE_TESTS = sorted((ROOT / "deploy/prometheus/rule-tests").glob("*.yml"))
SEVERITIES = {"page", "ticket", "ward", "none"}
HEADINGS = ["Means for patients", "Look at", "Do", "Over when"]
OTHERS_METRICS = {"up", "process_start_time_seconds", "process_resident_memory_bytes"}
FUNCTIONS = {
    "min",
    "min_over_time",
    *(
        "absent",
        "avg_over_time",
        "by",
        "changes",
        "count",
        "histogram_quantile",
        "increase",
        "le",
        "max",
        "offset",
        "on",
    ),
    *("or", "and", "rate", "sum", "time", "unless", "vector"),
}


def rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(RULES.glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


ALERTS = [rule for rule in rules() if "alert" in rule]
RECORDED = {rule["record"] for rule in rules() if "record" in rule}
every_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])


@every_alert
def test_an_alert_says_who_acts_what_is_wrong_and_where_to_read_on(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in SEVERITIES
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == f"docs/operating/runbooks/{alert['alert']}.md"
    assert alert["annotations"]["summary"].endswith(".")


@every_alert
def test_a_runbook_tells_what_it_means_for_patients_and_when_it_is_over(alert: dict[str, Any]) -> None:
    page = (RUNBOOKS / f"{alert['alert']}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {alert['alert']}\n\n**{alert['annotations']['summary']}** Severity `")
    assert f"`{alert['labels']['severity']}`" in page
    assert re.findall(r"^## (.*)$", page, flags=re.MULTILINE) == HEADINGS
    for target in re.findall(r"\]\(([^)#]+)", page):
        assert (RUNBOOKS / target).exists(), target


def test_no_runbook_is_left_of_an_alert_that_is_gone() -> None:
    assert {path.stem for path in RUNBOOKS.glob("Blinwatch*.md")} == {alert["alert"] for alert in ALERTS}


def test_rules_ask_for_metrics_that_a_worker_serves() -> None:
    known = {name for spec in ALL_METRICS for name in series_names(spec)} | OTHERS_METRICS | RECORDED
    labels = {label for spec in ALL_METRICS for label in spec.labels} | {"job", "instance"}
    for rule in rules():
        expression = re.sub(r"\{[^}]*\}|\"[^\"]*\"|\[[^]]*\]", "", rule["expr"])
        words = set(re.findall(r"[a-z_]\w*(?::\w+)*", re.sub(r"\b\d[\w.]*", "", expression)))
        assert words - FUNCTIONS - labels <= known, rule


def test_every_alert_is_tested_firing_and_quiet() -> None:
    seen: Counter[tuple[str, bool]] = Counter()
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULE_TESTS]
    for one in (one for file in files for case in file["tests"] for one in case["alert_rule_test"]):
        seen[one["alertname"], bool(one["exp_alerts"])] += 1
    # The watchdog has no quiet case: it always fires.
    wanted = {(alert["alert"], fires) for alert in ALERTS for fires in (True, False)} - {("BlinwatchWatchdog", False)}
    assert set(seen) == wanted


def run_tool(*words: str) -> str:
    if shutil.which(words[0]) is None:
        pytest.skip(f"NOT RUN: no {words[0]} here; install Debian's prometheus and prometheus-alertmanager")
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_passes_every_case() -> None:
    assert "SUCCESS" in run_tool("promtool", "test", "rules", *map(str, RULE_TESTS))


def test_promtool_accepts_the_rules() -> None:
    run_tool("promtool", "check", "rules", *map(str, sorted(RULES.glob("*.yml"))))


def test_amtool_accepts_the_routes() -> None:
    run_tool("amtool", "check-config", str(ALERTMANAGER))


@pytest.mark.parametrize(
    "severity, receiver", [("page", "page"), ("ticket", "ticket"), ("ward", "ward"), ("none", "heartbeat")]
)
def test_an_alert_goes_to_those_who_act(severity: str, receiver: str) -> None:
    words = ("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}", f"severity={severity}")
    assert run_tool(*words).strip() == receiver


def test_inhibitions_name_alerts_that_exist() -> None:
    names = {alert["alert"] for alert in ALERTS}
    for rule in yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            assert set(re.findall(r"Blinwatch\w+", matcher)) <= names


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.timeout(300)  # three programs and two workers, on a busy machine
@pytest.mark.mock("the rules ask the worker, whatever broker it has")
def test_a_killed_worker_and_a_refused_record_reach_the_engineer(tmp_path: Path) -> None:
    missing = monitoring.missing_programs()
    if missing:
        pytest.skip(f"NOT RUN: no {', '.join(missing)} here; install Debian's prometheus and prometheus-alertmanager")
    with catalogue_broker() as broker:
        worker = WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, tick_interval_s=1)
        with worker, MonitoringStack(tmp_path / "monitoring", [worker.port]) as stack:
            worker.until_ready()
            stack.until(lambda: stack.receiver.got("heartbeat", "BlinwatchWatchdog", "firing"), "the heartbeat comes")
            stack.until(lambda: stack.firing() == {"BlinwatchWatchdog"}, "all is well but for the heartbeat")

            writer = PlainWriter(broker.bootstrap)
            writer.write(VITALS, b"patient-9", b"{ not JSON")
            writer.flush()
            stack.until(lambda: stack.receiver.got("ticket", "BlinwatchDeadLetters", "firing"), "the refusal is told")

            worker.kill()
            stack.until(lambda: stack.receiver.got("page", "BlinwatchNoWorker", "firing"), "the engineer is called")
            assert not stack.receiver.got("ticket", "BlinwatchWorkerDown", "firing"), "the cause hides what follows"

            again = WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, tick_interval_s=1, web_port=worker.port)
            with again:
                stack.until(lambda: stack.receiver.got("page", "BlinwatchNoWorker", "resolved"), "it is over", 90)
                told = " ".join(str(alert) for _, alert in stack.receiver.delivered)
                assert "patient-9" not in told
