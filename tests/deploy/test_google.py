"""What the real gcloud sends for the commands of a deploy, with a stand-in where Google would be."""

import base64
import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from infra.cloud import deploy, monitoring, rollout
from infra.cloud.manifest import ROOT, SECRETS, functions, release
from infra.cloud.plan import Stage, calls
from infra.cloud.running import run
from tests.deploy.conftest import PROJECT, Gcloud
from tests.deploy.google import Google

Cloud = tuple[Google, dict[str, str]]
INDEXES = json.loads((ROOT / "infra/firestore.indexes.json").read_text())


def function(google: Google, service: str) -> dict[str, Any]:
    return google.functions[f"projects/{PROJECT.id}/locations/{PROJECT.region}/functions/{service}"]


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
    assert service["environmentVariables"] == PROJECT.settings(wanted) | {"RELEASE": release()}
    secrets = {each["key"]: (each["secret"], each["version"]) for each in service.get("secretEnvironmentVariables", [])}
    assert secrets == {name: (SECRETS[name], "1") for name in PROJECT.secrets(wanted)}
    assert "allTrafficOnLatestRevision" not in service


def test_the_trigger_hears_of_every_new_like_and_is_retried(deployed: Google) -> None:
    trigger = function(deployed, "create-lead")["eventTrigger"]
    filters = {each["attribute"]: (each.get("operator", "equals"), each["value"]) for each in trigger["eventFilters"]}
    assert filters == {
        "database": ("equals", "(default)"),
        "namespace": ("equals", "(default)"),
        "document": ("match-path-pattern", "likes/{likeId}"),
    }
    assert trigger["eventType"] == "google.cloud.firestore.document.v1.created"
    assert trigger["retryPolicy"] == "RETRY_POLICY_RETRY"
    assert trigger["triggerRegion"] == PROJECT.region
    assert trigger["serviceAccountEmail"] == "fn-create-lead@my-project.iam.gserviceaccount.com"


def test_an_account_reads_only_the_secrets_of_its_function(deployed: Google) -> None:
    readers = deployed.members("roles/secretmanager.secretAccessor")
    assert {name.rsplit("/", 1)[-1]: members for name, members in readers.items()} == {
        secret: sorted(
            f"serviceAccount:{PROJECT.account(each.account)}" for each in functions() if name in PROJECT.secrets(each)
        )
        for name, secret in SECRETS.items()
        if any(name in PROJECT.secrets(each) for each in functions())
    }


def test_an_account_has_no_role_on_the_project_but_for_data_events_and_the_build(deployed: Google) -> None:
    bindings = deployed.policies["projects/my-project"]["bindings"]
    granted = {each["role"]: sorted(re.findall("serviceAccount:(.+?)@", str(each["members"]))) for each in bindings}
    assert granted == {
        "roles/run.builder": ["fn-build"],
        "roles/eventarc.eventReceiver": [
            "fn-create-lead",
            "fn-deliver-notification",
            "fn-follow-owner",
            "fn-match-listing",
        ],
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
    collections = ("codes", "leads", "matches", "notifications", "sessions", "throttle")
    assert sorted(expiring) == [[collection, "expires_at"] for collection in collections]


def test_the_database_is_protected_and_backed_up(deployed: Google) -> None:
    [database] = deployed.sent("POST", "/databases")
    assert database.body["locationId"] == PROJECT.location
    assert database.body["type"] == "FIRESTORE_NATIVE"
    assert database.body["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED"
    assert database.body["pointInTimeRecoveryEnablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"
    days = {kind: each.body["retention"] for each in deployed.sent("POST", "/backupSchedules") for kind in each.body}
    assert days == {"dailyRecurrence": "604800s", "weeklyRecurrence": "8467200s", "retention": days["retention"]}


def test_the_alerts_are_complete(deployed: Google) -> None:
    created = deployed.sent("POST", "/alertPolicies")
    assert [each.body["displayName"] for each in created] == [
        *(
            "API errors",
            "API latency",
            "Leads not made",
            "Messages not delivered",
            "API refuses",
            "API instances",
            "API from outside",
        )
    ]
    for each in created:
        assert each.body["documentation"]["content"]
        assert each.body["userLabels"] == {"made_by": "make-deploy"}
        for condition in each.body["conditions"]:
            if rule := condition.get("conditionPrometheusQueryLanguage"):
                assert rule.keys() == {"query", "duration", "evaluationInterval", "disableMetricValidation"}
                assert rule["disableMetricValidation"]
                assert rule["query"].count("(") == rule["query"].count(")")
                assert "$" not in rule["query"]


def query(deployed: Google, title: str, number: int = 0) -> str:
    [policy] = [each.body for each in deployed.sent("POST", "/alertPolicies") if each.body["displayName"] == title]
    text: str = policy["conditions"][number]["conditionPrometheusQueryLanguage"]["query"]
    return " ".join(text.split())


def test_the_alerts_begin_at_these_values(deployed: Google) -> None:
    assert query(deployed, "API errors").endswith('response_code_class="5xx"}[5m])) > 5')
    assert "[5m])) > 0.02 and" in query(deployed, "API errors")
    assert "[10m]))) > 2000 and" in query(deployed, "API latency")
    assert query(deployed, "Leads not made").endswith('response_code_class!="2xx"}[10m])) > 10')
    assert query(deployed, "Leads not made", 1).endswith(") > 600")
    assert query(deployed, "Leads not made", 2) == (
        'sum(increase(logging_googleapis_com:user_likes_without_lead{monitored_resource="cloud_run_revision"}[2h])) > 0'
    )
    assert [query(deployed, "API refuses", number)[-3:].strip("> ") for number in range(3)] == ["5", "5", "100"]
    assert query(deployed, "Messages not delivered").endswith(
        'user_people_not_reached{monitored_resource="cloud_run_revision"}[1h])) > 10'
    )
    assert query(deployed, "Messages not delivered", 1).endswith("[15m])) > 5")
    stopped = query(deployed, "Messages not delivered", 2).split(" or (")
    pattern = (
        r'service_name="(.+?)".*response_code_class="2xx"}\[([0-9]+)s\]\)\) or vector\(0\)\) < 1'
        r' and sum\(increase\(run_googleapis_com:request_count\{monitored_resource="cloud_run_revision"\}'
        r"\[1h\] offset ([0-9]+)s\)\) > 0$"
    )
    assert [match.groups() for each in stopped if (match := re.search(pattern, each))] == [
        ("find-lost-leads", "3600", "3600"),
        ("sweep-photos", "64800", "64800"),
        ("finish-deletions", "3600", "3600"),
        ("deliver-due", "3600", "3600"),
    ]
    instances = query(deployed, "API instances")
    assert 'service_name="feed"}) > 16' in instances
    assert 'service_name="health"}) > 4' in instances


def test_the_operator_is_told_of_every_alert(deployed: Google) -> None:
    updates = [each for each in deployed.requests if each.method == "PATCH" and "/alertPolicies" in each.path]
    assert len(updates) == len(monitoring.ALERTS) or updates
    assert all(each.body["notificationChannels"] for each in updates)
    [channel] = deployed.sent("POST", "/notificationChannels")
    assert (channel.body["type"], channel.body["labels"]) == ("email", {"email_address": "ops@example.com"})


def test_the_check_from_outside_goes_through_hosting_to_the_database(deployed: Google) -> None:
    [sent] = deployed.sent("POST", "/uptimeCheckConfigs")
    assert sent.body["monitoredResource"]["labels"] == {"host": "my-project.web.app", "project_id": "my-project"}
    assert (sent.body["httpCheck"]["path"], sent.body["httpCheck"]["useSsl"]) == ("/listings?limit=1", True)
    assert (sent.body["period"], sent.body["timeout"]) == ("300s", "30s")


def test_the_log_counts_what_the_alerts_ask_for_and_leaves_out_what_says_nothing(deployed: Google) -> None:
    sent = {each.body["name"]: each.body["filter"] for each in deployed.sent("POST", "/metrics")}
    assert sent == {
        "calls_not_allowed": 'resource.type="cloud_run_revision" AND log_id("run.googleapis.com/requests")'
        ' AND textPayload:"The request was not auth"',
        "calls_without_instance": 'resource.type="cloud_run_revision" AND log_id("run.googleapis.com/requests")'
        ' AND textPayload:"no available instance"',
        "likes_without_lead": 'jsonPayload.message="Likes without a lead" AND jsonPayload.missing>0',
        "outbox_behind": 'jsonPayload.message="Outbox is behind"',
        "people_not_reached": 'jsonPayload.message="Not reached for half an hour"',
    }
    [excluded] = deployed.sinks["projects/my-project/sinks/_Default"]["exclusions"]
    assert excluded["filter"] == (
        'resource.type="cloud_run_revision" log_id("run.googleapis.com/requests") httpRequest.status<400'
    )


def shares(google: Google, service: str) -> dict[str, int]:
    return {each["revisionName"]: each.get("percent", 0) for each in google.services[service]["status"]["traffic"]}


def test_a_new_revision_stands_beside_the_running_one_until_it_gets_the_traffic(
    cloud: Cloud, gcloud: Gcloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one function, deployed twice by the real gcloud."""
    stand_in, environment = cloud

    def start(words: list[str], piped: str) -> subprocess.CompletedProcess[str]:
        assert not piped
        [(code, said)] = gcloud.run([tuple(words)], **environment)
        return subprocess.CompletedProcess(words, code, said, said)

    monkeypatch.setattr("infra.cloud.running.start", start)
    [health] = [each for each in functions() if each.name == "health"]
    stand_in.services.pop("health", None)
    monkeypatch.setattr(rollout, "_source", lambda: ["1"])
    run([Stage("first", [[*rollout.function(PROJECT, health), rollout.callers(PROJECT, health)]])])
    assert shares(stand_in, "health") == {"health-00001-abc": 100}
    before = len(stand_in.requests)
    run([Stage("again", [rollout.function(PROJECT, health)])])
    assert {each.method for each in stand_in.requests[before:]} == {"GET"}
    monkeypatch.setattr(rollout, "_source", lambda: ["2"])
    run([Stage("second", [rollout.function(PROJECT, health)])])
    old, new = "health-00001-abc", stand_in.services["health"]["status"]["latestReadyRevisionName"]
    assert shares(stand_in, "health") == {old: 100}
    run([Stage("trial", [rollout.trial(PROJECT, health)[:1]])])
    assert shares(stand_in, "health") == {old: 100, new: 0}
    run([Stage("traffic", [[rollout.traffic(PROJECT, health)]])])
    assert shares(stand_in, "health") == {new: 100, old: 0}
    [tagged] = [each for each in stand_in.services["health"]["status"]["traffic"] if each.get("tag")]
    assert (tagged["tag"], tagged["revisionName"]) == ("previous", old)
    assert stand_in.members("roles/run.invoker") == {
        "projects/my-project/locations/europe-west1/services/health": ["allUsers"]
    }


VERSION = ("secrets", "versions", "add")


def test_secrets_are_random_long_and_nowhere_shown(
    cloud: Cloud, gcloud: Gcloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in, environment = cloud
    for name, value in (gcloud.environment | environment).items():
        monkeypatch.setenv(name, value)
    before = len(stand_in.requests)
    made = [[replace(each, unless=None)] for each in calls(deploy.plan(PROJECT)) if each.words[1:4] == VERSION]
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
