"""docker-compose.yml: containers locked down, checked for health, started in order, without default passwords."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from blinwatch.settings import Settings, variable_of

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"topics", "simulator"}
SET_BY_COMPOSE = {"BLINWATCH_KAFKA_BOOTSTRAP", "BLINWATCH_LOG_FORMAT", "BLINWATCH_WEB_HOST"}
NOT_FOR_SEVERAL_CONTAINERS = {
    "BLINWATCH_INSTANCE_ID",  # must differ between workers, and Compose gives all of a service the same
    "BLINWATCH_WEB_PORT",  # Prometheus and the health check expect 6066 inside the network
    "BLINWATCH_SCRATCH_DIR",  # only /tmp is writable
    "BLINWATCH_REPLICATION_FACTOR",  # this Compose file has one broker
    # Its broker is in a closed network and asks nobody who comes; with roles each container would need its own.
    "BLINWATCH_KAFKA_SECURITY",
    "BLINWATCH_KAFKA_CA_FILE",
    "BLINWATCH_KAFKA_CERTIFICATE_FILE",
    "BLINWATCH_KAFKA_KEY_FILE",
    "BLINWATCH_KAFKA_USERNAME",
    "BLINWATCH_KAFKA_PASSWORD_FILE",
}

every_service = pytest.mark.parametrize("name", SERVICES)


@every_service
def test_a_container_cannot_change_itself_or_gain_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


@every_service
def test_a_container_runs_as_an_ordinary_user(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        final = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[-1]
        (user,) = re.findall(r"^USER (\S+)$", final, flags=re.MULTILINE)
    else:
        user = service["user"]
    assert int(user.split(":")[0]) > 0


@every_service
def test_an_image_is_pinned_to_a_version(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9./\-]+:v?\d+\.\d+\.\d+(-[a-z0-9.\-]+)?", SERVICES[name]["image"])


@every_service
def test_a_container_is_checked_for_health_or_runs_once(name: str) -> None:
    service = SERVICES[name]
    if name in ONE_SHOT:
        assert service["healthcheck"] == {"disable": True}
        assert service["restart"] == "no"
    else:
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
        assert {"interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])
        assert service["restart"] == "unless-stopped"


@every_service
def test_a_container_waits_for_what_it_needs_to_be_healthy_or_done(name: str) -> None:
    needs: dict[str, dict[str, str]] = SERVICES[name].get("depends_on", {})
    assert needs or name in {"kafka", "alertmanager"}
    for needed, how in needs.items():
        expected = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"
        assert how["condition"] == expected


@every_service
def test_published_ports_are_open_to_this_machine_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:"), port


@every_service
def test_logs_cannot_fill_the_disk(name: str) -> None:
    assert {"max-size", "max-file"} <= set(SERVICES[name]["logging"]["options"])


def test_workers_can_be_many() -> None:
    worker = SERVICES["worker"]
    assert "container_name" not in worker
    assert "ports" not in worker
    assert "volumes" not in worker, "a worker's memory is the changelog; a disk of its own would be shared by all"


def test_the_simulator_starts_only_on_request() -> None:
    assert SERVICES["simulator"]["profiles"] == ["demo"]
    assert not [name for name, service in SERVICES.items() if "profiles" in service and name != "simulator"]


def test_what_must_last_lies_on_named_volumes() -> None:
    mounts = {name: service.get("volumes", []) for name, service in SERVICES.items()}
    assert "kafka-data:/var/lib/kafka/data" in mounts["kafka"]
    assert "prometheus-data:/prometheus" in mounts["prometheus"]
    assert "grafana-data:/var/lib/grafana" in mounts["grafana"]
    assert "alertmanager-data:/alertmanager" in mounts["alertmanager"]
    assert set(COMPOSE["volumes"]) == {"kafka-data", "prometheus-data", "grafana-data", "alertmanager-data"}


def test_files_of_the_project_are_mounted_read_only_and_exist() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            if mount.startswith("./"):
                source, _, mode = mount.split(":")
                assert mode == "ro"
                assert (ROOT / source).exists(), source


def test_grafana_cannot_reach_the_patients() -> None:
    assert "stream" not in SERVICES["grafana"]["networks"]
    assert "stream" not in SERVICES["prometheus"]["networks"]
    assert "stream" not in SERVICES["alertmanager"]["networks"]


def test_there_is_no_password_because_nobody_can_log_in() -> None:
    grafana = SERVICES["grafana"]["environment"]
    assert grafana["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert grafana["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert grafana["GF_AUTH_BASIC_ENABLED"] == "false"
    assert grafana["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.search(r"(PASSWORD|SECRET|TOKEN)\w*\s*[:=]", text)


def test_every_setting_reaches_the_containers_or_is_left_out_for_a_reason() -> None:
    passed = {key for key in SERVICES["worker"]["environment"] if key.startswith("BLINWATCH_")}
    assert passed | NOT_FOR_SEVERAL_CONTAINERS == {variable_of(name) for name in Settings.model_fields}
    assert not passed & NOT_FOR_SEVERAL_CONTAINERS


def test_a_setting_nobody_chose_keeps_its_default() -> None:
    for key, value in SERVICES["worker"]["environment"].items():
        if key not in SET_BY_COMPOSE:
            assert value == f"${{{key}:-}}", key


def test_prometheus_finds_every_worker_by_the_service_name() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = [job for job in config["scrape_configs"] if job["job_name"] == "blinwatch-worker"]
    (found,) = job["dns_sd_configs"]
    assert found["names"] == ["worker"]
    assert [str(found["port"])] == SERVICES["worker"]["expose"]
    assert set(SERVICES["worker"]["networks"]) & set(SERVICES["prometheus"]["networks"])


def test_workers_and_host_find_the_broker_where_it_says_it_is() -> None:
    lines = (ROOT / "deploy/kafka/kafka.env").read_text(encoding="utf-8").splitlines()
    kafka = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    advertised = dict(listener.split("://") for listener in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert SERVICES["worker"]["environment"]["BLINWATCH_KAFKA_BOOTSTRAP"] == advertised["INSIDE"]
    assert advertised["HOST"] == Settings().bootstrap_servers
    assert f"{advertised['HOST']}:9092" in SERVICES["kafka"]["ports"]
    assert kafka["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"
    assert kafka["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_the_build_gets_what_it_copies_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    copied: set[str] = set()
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, flags=re.MULTILINE):
        copied.update(sources.split())
    assert copied == allowed


def compose_tool() -> list[str]:
    """The command line of Docker Compose; skips loudly where there is none."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker"):
        found = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if found.returncode == 0:
            return ["docker", "compose"]
    pytest.skip("NOT RUN: no docker-compose here; install it to have docker-compose.yml checked")


@pytest.mark.parametrize("profile", [[], ["--profile", "demo"]], ids=["default", "demo"])
def test_compose_itself_accepts_the_file(profile: list[str]) -> None:
    tool = compose_tool()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BLINWATCH_")}
    done = subprocess.run(
        [*tool, "--project-directory", str(ROOT), *profile, "config"],
        cwd=ROOT,
        env=environment | {"BLINWATCH_WARDS": "north,south"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    resolved = yaml.safe_load(done.stdout)["services"]
    if profile:
        assert "simulator" in resolved
    worker = resolved["worker"]["environment"]
    assert worker["BLINWATCH_WARDS"] == "north,south"
    assert not worker["BLINWATCH_LOG_LEVEL"]
    assert "warning" not in done.stderr.lower(), done.stderr


def test_prometheus_itself_accepts_its_configuration() -> None:
    if not shutil.which("promtool"):
        pytest.skip("NOT RUN: no promtool here; install Prometheus to have its configuration checked")
    done = subprocess.run(
        ["promtool", "check", "config", str(ROOT / "deploy/prometheus/prometheus.yml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_promtool_accepts_what_a_worker_serves() -> None:
    if not shutil.which("promtool"):
        pytest.skip("NOT RUN: no promtool here; install Prometheus to have the metrics' names checked")
    from blinwatch.observe.metrics import Metrics  # noqa: PLC0415

    metrics = Metrics(version="0.1.0", rulebook_version="1.1.0", rulebook_digest="abc", partitions=8, wards=("north",))
    metrics.batch_judged("vitals.observed.v1", {"accepted": 1}, 0.001)
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=metrics.exposition(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    complaints = [line for line in done.stderr.decode().splitlines() if line.startswith("blinwatch_")]
    assert not complaints, json.dumps(complaints, indent=2)
