"""deploy/kubernetes: valid for Kubernetes, locked down, probed, and each process with its own role and its own ways.

Method: both overlays are built (tests/support/kustomize.py) and every manifest is held against Kubernetes' own JSON
Schemas, strictly (the package kubernetes-validate); where `kustomize` is found, it has to build the same.
"""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

from blinwatch.catalogue import load_catalogue
from blinwatch.cli import build_app
from blinwatch.observe.metric_table import METRICS
from blinwatch.roles import load_roles
from blinwatch.settings import Settings, variable_of
from tests.support.kustomize import Manifest, build

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/kubernetes"
OVERLAYS = ("trial", "secure")
KUBERNETES = ("1.31", "1.33", "1.37")
"""The oldest that most hospitals still run, and the newest that the package knows."""
PROCESSES = ("worker", "gateway", "board", "doctor")
IDENTITIES = {**{name: name for name in PROCESSES}, "topics": "operator"}
NAME, PART = "app.kubernetes.io/name", "app.kubernetes.io/component"

each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


@cache
def manifests(overlay: str) -> tuple[Manifest, ...]:
    return tuple(build(FOLDER / "overlays" / overlay))


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    return [one for one in manifests(overlay) if one["kind"] in kinds]


def pods(overlay: str) -> dict[str, Manifest]:
    """Component (or name) to its pod."""
    found = {}
    for one in of_kind(overlay, "Deployment", "StatefulSet", "Job"):
        template = one["spec"]["template"]
        found[template["metadata"]["labels"].get(PART, one["metadata"]["name"])] = template
    return found


def container(overlay: str, name: str) -> dict[str, Any]:
    (only,) = pods(overlay)[name]["spec"]["containers"]
    return only


def secrets(name: str) -> dict[str, str]:
    """Volume to the secret in it, of a pod for patients."""
    volumes = pods("secure")[name]["spec"]["volumes"]
    return {one["name"]: one["secret"]["secretName"] for one in volumes if "secret" in one}


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


@each_overlay
@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_knows_every_field(overlay: str, version: str) -> None:
    for one in manifests(overlay):
        kubernetes_validate.validate(one, version, strict=True)


def test_the_check_finds_a_misspelt_field() -> None:
    (worker,) = [one for one in build(FOLDER / "base") if one["metadata"]["name"] == "blinwatch-topics"]
    worker["spec"]["backOffLimit"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(worker, KUBERNETES[-1], strict=True)


@each_overlay
def test_kustomize_itself_builds_the_same(overlay: str) -> None:
    if shutil.which("kustomize") is None:
        pytest.skip("NOT RUN: no kustomize here; install it to have it compared")
    built = subprocess.run(["kustomize", "build", FOLDER / "overlays" / overlay], capture_output=True, check=True)
    theirs = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(built.stdout)}
    assert theirs == {(one["kind"], one["metadata"]["name"]): one for one in manifests(overlay)}


@each_overlay
def test_a_pod_cannot_gain_rights_or_change_itself(overlay: str) -> None:
    for name, pod in pods(overlay).items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        own = container(overlay, name)["securityContext"]
        assert own == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name


@each_overlay
def test_a_pod_has_limits_and_a_pinned_image(overlay: str) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    allowed = {compose["worker"]["image"], compose["kafka"]["image"]}
    for name in pods(overlay):
        one = container(overlay, name)
        assert one["image"] in allowed, name
        assert "memory" in one["resources"]["limits"], name
        assert {"cpu", "memory"} <= set(one["resources"]["requests"]), name


@each_overlay
def test_whatever_runs_on_is_probed_at_a_port_that_it_has(overlay: str) -> None:
    for name in pods(overlay):
        one = container(overlay, name)
        if name == "topics":
            continue
        ports = {port["name"] for port in one["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            (how,) = [one[probe][way] for way in ("httpGet", "tcpSocket") if way in one[probe]]
            assert how["port"] in ports, (name, probe)
    worker = container(overlay, "worker")
    assert worker["livenessProbe"]["httpGet"]["path"] == "/healthz", "a rebalance must not kill every worker"
    assert worker["readinessProbe"]["httpGet"]["path"] == "/readyz"


@each_overlay
@pytest.mark.parametrize("name", PROCESSES)
def test_the_program_knows_every_option(overlay: str, name: str) -> None:
    words = container(overlay, name)["args"]
    command = typer.main.get_command(build_app()).commands[words[0]]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert words[0] == name
    assert {word for word in words if word.startswith("--")} <= known


@each_overlay
def test_settings_are_settings_and_no_secret_is_among_them(overlay: str) -> None:
    (settings,) = [one for one in of_kind(overlay, "ConfigMap") if one["metadata"]["name"] == "blinwatch-settings"]
    assert set(settings["data"]) <= {variable_of(name) for name in Settings.model_fields}
    assert not of_kind(overlay, "Secret")
    for name in (*PROCESSES, "topics"):
        assert container(overlay, name)["envFrom"] == [{"configMapRef": {"name": "blinwatch-settings"}}]
        assert "env" not in container(overlay, name)


@each_overlay
def test_services_budgets_and_scaling_mean_pods_that_are_there(overlay: str) -> None:
    labels = [pod["metadata"]["labels"] for pod in pods(overlay).values()]
    for one in of_kind(overlay, "Service"):
        meant = [some for some in labels if selects({"matchLabels": one["spec"]["selector"]}, some)]
        assert len(meant) == 1, one["metadata"]["name"]
    (budget,) = of_kind(overlay, "PodDisruptionBudget")
    assert [some for some in labels if selects(budget["spec"]["selector"], some)] == [
        pods(overlay)["worker"]["metadata"]["labels"]
    ]
    (scaling,) = of_kind(overlay, "HorizontalPodAutoscaler")
    target = scaling["spec"]["scaleTargetRef"]
    (worker,) = [one for one in of_kind(overlay, "Deployment") if one["metadata"]["name"] == target["name"]]
    assert "replicas" not in worker["spec"], "each apply would take workers away"
    assert scaling["spec"]["minReplicas"] >= 2
    assert scaling["spec"]["maxReplicas"] == load_catalogue().partitions


def test_what_workers_are_scaled_by_is_a_figure_that_they_serve() -> None:
    (scaling,) = of_kind("secure", "HorizontalPodAutoscaler")
    (metric,) = scaling["spec"]["metrics"]
    assert metric["pods"]["metric"]["name"] in {spec.name for spec in METRICS}


@each_overlay
def test_nobody_speaks_to_anybody_but_for_what_is_listed(overlay: str) -> None:
    policies = of_kind(overlay, "NetworkPolicy")
    (nothing,) = [one for one in policies if one["metadata"]["name"] == "nothing"]
    assert nothing["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for one in policies:
        ways = [way for side in ("ingress", "egress") for way in one["spec"].get(side, [])]
        for way in ways:
            assert way.get("ports"), f"{one['metadata']['name']} opens every port"
            assert way.get("from", way.get("to")), f"{one['metadata']['name']} opens to everybody"
    for name, pod in pods(overlay).items():
        reaching = [
            one
            for one in policies
            if "egress" in one["spec"]
            and "kafka" in one["metadata"]["name"]
            and selects(one["spec"]["podSelector"], pod["metadata"]["labels"])
        ]
        assert reaching, f"{name} cannot reach Kafka"


@each_overlay
def test_the_doctor_hears_from_every_worker_also_from_one_that_is_not_ready(overlay: str) -> None:
    words = container(overlay, "doctor")["args"]
    host, port = words[words.index("--worker") + 1].split(":")
    (service,) = [one for one in of_kind(overlay, "Service") if one["metadata"]["name"] == host]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert service["spec"]["ports"][0]["port"] == int(port)


def test_for_patients_everything_is_encrypted_and_everybody_says_who_they_are() -> None:
    (settings,) = [one for one in of_kind("secure", "ConfigMap") if one["metadata"]["name"] == "blinwatch-settings"]
    assert settings["data"]["BLINWATCH_KAFKA_SECURITY"] == "tls"
    for name in PROCESSES:
        assert not [word for word in container("secure", name)["args"] if word.startswith("--i-know")], name
    assert {"--tls-certificate", "--tls-key", "--people"} <= set(container("secure", "board")["args"])
    assert {"--tls-certificate", "--tls-key", "--tls-clients-ca", "--pseudonym-key"} <= set(
        container("secure", "gateway")["args"]
    )


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_pod_has_the_identity_of_its_own_role_and_no_other(name: str) -> None:
    role = IDENTITIES[name]
    assert role in load_roles(load_catalogue())
    volumes = secrets(name)
    assert volumes["identity"] == f"blinwatch-{role}"
    roles = {f"blinwatch-{one}" for one in load_roles(load_catalogue())}
    assert {secret for secret in volumes.values() if secret in roles} == {f"blinwatch-{role}"}
    mounted = {one["name"]: one for one in container("secure", name)["volumeMounts"]}
    for volume in volumes:
        assert mounted[volume]["readOnly"] is True


def test_the_manual_makes_every_secret_that_a_pod_wants() -> None:
    manual = (ROOT / "docs/operating/kubernetes.md").read_text(encoding="utf-8")
    wanted = {secret for name in IDENTITIES for secret in secrets(name).values()}
    for secret in wanted:
        assert secret in manual, secret
