"""What a cluster is told is what one machine runs with: the manifest held against our settings and Dagster's schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._config import validate_config
from dagster._core.instance.config import dagster_instance_config_schema

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOYMENTS = ("hispulse-code", "hispulse-webserver", "hispulse-daemon")


@pytest.fixture(scope="module")
def told() -> dict[tuple[str, str], Any]:
    documents = yaml.safe_load_all((ROOT / "infra" / "kubernetes" / "dagster.yaml").read_text("utf-8"))
    return {(each["kind"], each["metadata"]["name"]): each for each in documents}


def test_retries_monitoring_and_concurrency_are_those_of_one_machine(told: dict[tuple[str, str], Any]) -> None:
    here = yaml.safe_load((ROOT / "orchestration" / "dagster.yaml").read_text("utf-8"))
    there = yaml.safe_load(told["ConfigMap", "hispulse-dagster"]["data"]["dagster.yaml"])
    assert {name: there.get(name) for name in here} == here
    found = validate_config(dagster_instance_config_schema(), there)
    assert found.success, found.errors


def test_every_process_has_the_site_the_home_the_secrets_and_the_instance(told: dict[tuple[str, str], Any]) -> None:
    environment = told["ConfigMap", "hispulse-environment"]["data"]
    assert set(environment) >= {"HISPULSE_SITE", "HISPULSE_HOME", "DAGSTER_HOME", "DAGSTER_PG_HOST"}
    for name in DEPLOYMENTS:
        pod = told["Deployment", name]["spec"]["template"]["spec"]
        [container] = pod["containers"]
        mounted = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
        assert set(mounted.values()) == {volume["name"] for volume in pod["volumes"]}
        assert {environment["HISPULSE_HOME"], environment["DAGSTER_HOME"]} <= set(mounted)
        assert str(Path(environment["HISPULSE_SITE"]).parent) in mounted
        sources = {name for source in container["envFrom"] for told_by in source.values() for name in told_by.values()}
        assert sources == {"hispulse-environment", "hispulse-secrets"}


def test_runs_are_pods_with_what_the_processes_have(told: dict[tuple[str, str], Any]) -> None:
    instance = yaml.safe_load(told["ConfigMap", "hispulse-dagster"]["data"]["dagster.yaml"])
    launcher = instance["run_launcher"]
    assert (launcher["module"], launcher["class"]) == ("dagster_k8s", "K8sRunLauncher")
    config = launcher["config"]
    images = {told["Deployment", name]["spec"]["template"]["spec"]["containers"][0]["image"] for name in DEPLOYMENTS}
    assert images == {config["job_image"]}
    assert config["env_config_maps"] == ["hispulse-environment"] and config["env_secrets"] == ["hispulse-secrets"]
    assert {each["mountPath"] for each in config["volume_mounts"]} == {"/var/lib/hispulse", "/etc/hispulse"}
    assert told["PersistentVolumeClaim", "hispulse-home"]["spec"]["accessModes"] == ["ReadWriteMany"]
    assert config["service_account_name"] in {name for kind, name in told if kind == "ServiceAccount"}


def test_secrets_are_named_and_nowhere_written(told: dict[tuple[str, str], Any]) -> None:
    text = (ROOT / "infra" / "kubernetes" / "dagster.yaml").read_text("utf-8")
    assert "password: {env: DAGSTER_PG_PASSWORD}" in text
    assert not any(kind == "Secret" for kind, _ in told)


def test_only_one_daemon_runs_and_it_loads_the_code_that_is_served(told: dict[tuple[str, str], Any]) -> None:
    daemon = told["Deployment", "hispulse-daemon"]["spec"]
    assert (daemon["replicas"], daemon["strategy"]["type"]) == (1, "Recreate")
    workspace = yaml.safe_load(told["ConfigMap", "hispulse-dagster"]["data"]["workspace.yaml"])
    served = workspace["load_from"][0]["grpc_server"]
    assert ("Service", served["host"]) in told
    code = told["Deployment", "hispulse-code"]["spec"]["template"]["spec"]["containers"][0]["command"]
    assert str(served["port"]) in code and code[-1] == "orchestration.definitions"
