"""What the real gcloud sends for the commands of a deploy, with a stand-in where Google would be."""

import base64
import json
import re
import subprocess
import sys
from typing import Any

import pytest

from infra.cloud import deploy, destroy
from infra.cloud.plan import Stage, calls, run
from infra.cloud.project import ALERTS, ROOT, SECRETS, functions
from tests.deploy.conftest import TARGET, Gcloud, plain_words
from tests.deploy.google import Google

Cloud = tuple[Google, dict[str, str]]
INDEXES = json.loads((ROOT / "infra/firestore.indexes.json").read_text())


def function(google: Google, service: str) -> dict[str, Any]:
    return google.functions[f"projects/{TARGET.project}/locations/{TARGET.region}/functions/{service}"]


@pytest.mark.parametrize("wanted", functions(), ids=lambda each: each.name)
def test_a_function_gets_what_the_manifest_says(wanted: Any, deployed: Google) -> None:
    sent = function(deployed, wanted.service)
    service, build = sent["serviceConfig"], sent["buildConfig"]
    assert (build["runtime"], build["entryPoint"]) == ("python311", wanted.spec["entryPoint"])
    assert service["availableMemory"] == f"{wanted.spec['availableMemoryMb']}Mi"
    assert float(service["availableCpu"]) == wanted.spec["cpu"]
    assert service["maxInstanceRequestConcurrency"] == wanted.spec["concurrency"]
    assert service["maxInstanceCount"] == wanted.spec["maxInstances"]
    assert service["minInstanceCount"] == wanted.spec.get("minInstances", 0)
    assert service["timeoutSeconds"] == wanted.spec["timeoutSeconds"]
    assert service["serviceAccountEmail"] == f"{wanted.account}@my-project.iam.gserviceaccount.com"
    assert service["environmentVariables"] == TARGET.settings(wanted)
    secrets = {each["key"]: (each["secret"], each["version"]) for each in service.get("secretEnvironmentVariables", [])}
    assert secrets == {name: (SECRETS[name], "latest") for name in wanted.secrets}


def test_the_trigger_hears_of_every_written_swipe_and_is_retried(deployed: Google) -> None:
    trigger = function(deployed, "create-lead")["eventTrigger"]
    filters = {each["attribute"]: (each.get("operator", "equals"), each["value"]) for each in trigger["eventFilters"]}
    assert filters == {
        "database": ("equals", "(default)"),
        "namespace": ("equals", "(default)"),
        "document": ("match-path-pattern", "swipes/{swipeId}"),
    }
    assert trigger["eventType"] == "google.cloud.firestore.document.v1.written"
    assert trigger["retryPolicy"] == "RETRY_POLICY_RETRY"
    assert trigger["triggerRegion"] == TARGET.region
    assert trigger["serviceAccountEmail"] == "fn-create-lead@my-project.iam.gserviceaccount.com"


def test_anybody_may_call_the_http_functions_and_only_the_trigger_its_own(deployed: Google) -> None:
    invokers = deployed.members("roles/run.invoker")
    services = {name.rsplit("/", 1)[-1]: members for name, members in invokers.items()}
    everybody = {each.service: ["allUsers"] for each in functions() if not each.event}
    assert services == everybody | {"create-lead": ["serviceAccount:fn-create-lead@my-project.iam.gserviceaccount.com"]}


def test_an_account_reads_only_the_secrets_of_its_function(deployed: Google) -> None:
    readers = deployed.members("roles/secretmanager.secretAccessor")
    assert {name.rsplit("/", 1)[-1]: members for name, members in readers.items()} == {
        secret: sorted(f"serviceAccount:{TARGET.account(each.account)}" for each in functions() if name in each.secrets)
        for name, secret in SECRETS.items()
    }


def test_an_account_has_no_role_on_the_project_but_for_data_events_and_the_build(deployed: Google) -> None:
    bindings = deployed.policies["projects/my-project"]["bindings"]
    granted = {each["role"]: sorted(re.findall("serviceAccount:(.+?)@", str(each["members"]))) for each in bindings}
    assert granted == {
        "roles/run.builder": ["fn-build"],
        "roles/eventarc.eventReceiver": ["fn-create-lead"],
        "roles/datastore.user": sorted(each.account for each in functions() if each.name != "health"),
    }


def test_the_indexes_are_those_of_the_file(deployed: Google) -> None:
    sent = [
        (each.path.split("/")[-2], each.body["queryScope"], each.body["fields"])
        for each in deployed.sent("POST", "/indexes")
    ]
    assert sent == [(each["collectionGroup"], each["queryScope"], each["fields"]) for each in INDEXES["indexes"]]


def test_single_fields_and_expiry_are_those_of_the_file(deployed: Google) -> None:
    changes = [each for each in deployed.requests if each.method == "PATCH" and "/fields/" in each.path]
    sent = {
        tuple(each.path.split("/")[-3::2]): [
            {"queryScope": "COLLECTION", "order": index["fields"][0]["order"]}
            for index in each.body["indexConfig"].get("indexes", [])
        ]
        for each in changes
        if each.query["updateMask"] == ["indexConfig"]
    }
    assert sent == {(each["collectionGroup"], each["fieldPath"]): each["indexes"] for each in INDEXES["fieldOverrides"]}
    expiring = [each.path.split("/")[-3::2] for each in changes if each.query["updateMask"] == ["ttlConfig"]]
    assert expiring == [["throttle", "expires_at"]]


def test_the_database_is_protected_and_backed_up(deployed: Google) -> None:
    [database] = deployed.sent("POST", "/databases")
    assert database.body["locationId"] == TARGET.location
    assert database.body["type"] == "FIRESTORE_NATIVE"
    assert database.body["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED"
    assert database.body["pointInTimeRecoveryEnablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"
    days = {kind: each.body["retention"] for each in deployed.sent("POST", "/backupSchedules") for kind in each.body}
    assert days == {"dailyRecurrence": "604800s", "weeklyRecurrence": "8467200s", "retention": days["retention"]}


def test_the_alerts_are_complete(deployed: Google) -> None:
    created = deployed.sent("POST", "/alertPolicies")
    assert sorted(each.body["displayName"] for each in created) == sorted(ALERTS.values())
    for each in created:
        assert each.body["documentation"]["content"]
        for condition in each.body["conditions"]:
            rule = condition["conditionPrometheusQueryLanguage"]
            assert rule.keys() == {"query", "duration", "evaluationInterval"}
            assert rule["query"].count("(") == rule["query"].count(")")


def test_destroy_takes_back_every_right_and_every_function(deployed: Google, cloud: Cloud, gcloud: Gcloud) -> None:
    words = [plain_words(each) for each in calls(destroy.plan(TARGET)) if each.words[0] == "gcloud"]
    answers = gcloud.run(words, **cloud[1])
    assert [(each, said) for each, (code, said) in zip(words, answers, strict=True) if code] == []
    assert deployed.functions == {}
    assert not any(deployed.members(role) for _, role in TARGET.roles())


def test_a_second_run_changes_nothing(cloud: Cloud, gcloud: Gcloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one function with its check, run as a deploy runs it."""
    stand_in, environment = cloud
    for name, value in (gcloud.environment | environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    [health] = [
        lane for stage in deploy.plan(TARGET) for lane in stage.lanes if "functions deploy health" in str(lane[0])
    ]
    run([Stage("first", [health])])
    assert function(stand_in, "health")["state"] == "ACTIVE"
    before = len(stand_in.requests)
    run([Stage("second", [health])])
    assert {each.method for each in stand_in.requests[before:]} == {"GET"}


def test_secrets_are_random_long_and_nowhere_shown(
    cloud: Cloud, gcloud: Gcloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in, environment = cloud
    for name, value in (gcloud.environment | environment).items():
        monkeypatch.setenv(name, value)
    before = len(stand_in.requests)
    made = [[each] for each in calls(deploy.plan(TARGET)) if each.words[1:3] == ("secrets", "create")]
    run([Stage("secrets", made)])
    payloads = [
        each.body["payload"]["data"] for each in stand_in.requests[before:] if each.path.endswith(":addVersion")
    ]
    values = [base64.b64decode(each).decode() for each in payloads]
    assert len(set(values)) == 3
    said = capsys.readouterr()
    for value in values:
        assert len(value) == 64
        assert value.strip() == value
        assert value not in said.out + said.err


def test_credentials_of_gcloud_serve_firebase_tools(gcloud: Gcloud, tmp_path: Any) -> None:
    config = tmp_path / "config"
    file = config / "legacy_credentials/ops@example.com/adc.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    environment = gcloud.environment | {"CLOUDSDK_CONFIG": str(config), "CLOUDSDK_CORE_ACCOUNT": "ops@example.com"}
    typed = {"PROJECT": "my-project", "REGION": "europe-west1", "DRY_RUN": "1"}
    words = [sys.executable, "-m", "infra.cloud.deploy"]
    shown = subprocess.check_output(words, text=True, cwd=ROOT, env=environment | typed)
    assert f"export GOOGLE_APPLICATION_CREDENTIALS={file}\n" in shown
    kept = subprocess.check_output(
        words, text=True, cwd=ROOT, env=environment | typed | {"GOOGLE_APPLICATION_CREDENTIALS": "/own.json"}
    )
    assert "export GOOGLE_APPLICATION_CREDENTIALS=/own.json\n" in kept
