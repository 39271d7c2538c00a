"""What a deploy types, word for word, and that the programs which it calls understand every command."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from infra.cloud import deploy, destroy, leftovers, manifest, project, rollback, rollout, running
from infra.cloud.manifest import ROOT, Function, functions
from infra.cloud.plan import Command, calls
from infra.cloud.project import FIREBASE
from tests.deploy.cloud import Cloud
from tests.deploy.conftest import NO_ACCOUNT, PROJECT, Gcloud, plain_words, write_programs

BUILD = "projects/my-project/serviceAccounts/fn-build@my-project.iam.gserviceaccount.com"
ORIGINS = "https://my-project.web.app,https://my-project.firebaseapp.com"
ALL = "--region=europe-west1 --project=my-project"


@pytest.fixture
def _fixed_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree whose release and content are known, so that gcloud is not asked what it would upload."""
    monkeypatch.setattr(rollout, "_source", lambda: ["main.py 1"])
    monkeypatch.setattr(rollout, "release", lambda: "a1b2c3")


def typed(*about: str) -> list[list[str]]:
    """The plan's calls of gcloud about this, with 1 in place of what is asked for on the way."""
    words = [list(plain_words(each)) for each in calls(deploy.plan(PROJECT)) if each.words[0] == "gcloud"]
    return [each[1:] for each in words if each[1 : len(about) + 1] == list(about)]


def deploys() -> dict[str, list[str]]:
    return {each[2]: each for each in typed("functions", "deploy")}


pytestmark = pytest.mark.usefixtures("_fixed_source")


def test_the_stages_come_in_this_order() -> None:
    assert [each.title for each in deploy.plan(PROJECT)][:12] == [
        "The project and its services",
        "The database, the accounts, the secrets, the bucket, Firebase",
        "Rights, indexes, expiry, backups, logs",
        "The indexes are built",
        "The first function",
        "The other functions",
        "Who may call them",
        "The new revisions answer",
        "The traffic",
        *(["Schedules"] if any(each.schedule for each in functions()) else []),
        "Rules, pages and addresses",
        "A first request, all the way to the database",
        "What is watched, and who is told",
    ][:12]
    assert deploy.plan(PROJECT)[-1].title == "Alerts"


def test_a_function_over_http_is_deployed_with_these_words() -> None:
    *words, labels = deploys()["auth"]
    secrets = next(each for each in words if each.startswith("--set-secrets=")).partition("=")[2].split(",")
    assert {"JWT_KEYS=jwt-keys:1", "PASSWORD_PEPPER=password-pepper:1"} <= set(secrets)
    assert "TELEGRAM_BOT_SECRET=telegram-bot-secret:1" in secrets
    assert [each for each in words if not each.startswith("--set-secrets=")] == [
        *("functions", "deploy", "auth", "--project=my-project", "--gen2", "--region=europe-west1"),
        *("--runtime=python311", "--source=.", "--entry-point=auth", "--memory=256Mi", "--cpu=1", "--concurrency=8"),
        *("--min-instances=0", "--max-instances=20", "--timeout=15s"),
        "--service-account=fn-auth@my-project.iam.gserviceaccount.com",
        f"--build-service-account={BUILD}",
        "--trigger-http",
        "--set-env-vars=^;^ENVIRONMENT=production;GOOGLE_CLOUD_PROJECT=my-project;"
        f"CORS_ORIGINS={ORIGINS};PUBLIC_URL=https://my-project.web.app;THREADS=8;RELEASE=a1b2c3",
    ]
    assert re.fullmatch(r"--update-labels=release=a1b2c3,content=[0-9a-f]{16}(-1)+", labels)


def test_a_function_of_events_is_deployed_with_these_words() -> None:
    words = deploys()["create-lead"]
    trigger = [each for each in words if each.startswith(("--trigger", "--retry", "--clear-secrets"))]
    assert trigger[:4] == [
        "--clear-secrets",
        trigger[1],
        "--trigger-event-filters=database=(default)",
        "--trigger-event-filters=namespace=(default)",
    ]
    assert re.fullmatch(
        r"--trigger-event-filters=type=google\.cloud\.firestore\.document\.v1\.(created|written)", trigger[1]
    )
    assert re.fullmatch(
        r"--trigger-event-filters-path-pattern=document=(swipes|likes)/\{(swipe|like)(Id|_id)\}", trigger[4]
    )
    assert trigger[5:] == [
        "--trigger-location=europe-west1",
        "--trigger-service-account=fn-create-lead@my-project.iam.gserviceaccount.com",
        "--retry",
    ]
    assert "--trigger-http" not in words


SIZES = {
    "auth": "256Mi cpu 1, 8 at once, at most 20, 15s",
    "listings": "256Mi cpu 1, 24 at once, at most 20, 15s",
    "preferences": "256Mi cpu 1, 24 at once, at most 10, 15s",
    "feed": "256Mi cpu 1, 24 at once, at most 20, 15s",
    "favorites": "256Mi cpu 1, 24 at once, at most 10, 15s",
    "photos": "1024Mi cpu 1, 4 at once, at most 20, 60s",
    "leads": "256Mi cpu 1, 24 at once, at most 10, 15s",
    "admin": "256Mi cpu 1, 24 at once, at most 5, 15s",
    "health": "256Mi cpu 1, 80 at once, at most 5, 15s",
    "create-lead": "256Mi cpu 1, 24 at once, at most 20, 60s",
}
"""The sizes that the runbook's figures are about."""


@pytest.mark.parametrize("name", SIZES)
def test_a_function_has_this_size(name: str) -> None:
    flags = dict(word[2:].split("=", 1) for word in deploys()[name] if word.startswith("--") and "=" in word)
    size = f"{flags['memory']} cpu {flags['cpu']}, {flags['concurrency']} at once, at most {flags['max-instances']}"
    assert f"{size}, {flags['timeout']}" == SIZES[name]
    assert f";THREADS={flags['concurrency']};" in flags["set-env-vars"]


def test_the_pepper_and_the_bots_secret_are_of_auth_alone() -> None:
    """A function that only keeps tokens must not be able to read them, whatever is added to the table."""
    holders = {
        name: {name_ for name_, words in deploys().items() if f"{setting}=" in " ".join(words)}
        for name, setting in (("pepper", "PASSWORD_PEPPER"), ("bot", "TELEGRAM_BOT_SECRET"))
    }
    grants = [" ".join(each) for each in typed("secrets", "add-iam-policy-binding")]
    readers = {
        secret: {re.findall("fn-([a-z-]+)@", line)[0] for line in grants if f" {secret} " in line}
        for secret in ("password-pepper", "telegram-bot-secret")
    }
    assert holders == {"pepper": {"auth"}, "bot": {"auth"}}
    assert readers == {"password-pepper": {"auth"}, "telegram-bot-secret": {"auth"}}


def test_an_account_has_only_these_rights_on_the_project() -> None:
    words = typed("projects", "add-iam-policy-binding")
    granted = {(re.findall("serviceAccount:(.+)@", each[5])[0], each[6].partition("=")[2]) for each in words}
    data = {each.account for each in functions()} - {"fn-health"}
    assert granted == {
        ("fn-build", "roles/run.builder"),
        *((account, "roles/datastore.user") for account in data),
        *((each.account, "roles/eventarc.eventReceiver") for each in functions() if each.event),
    }
    assert all(each[2:5] == ["my-project", "--condition=None", "--format=none"] for each in words)


def test_where_push_is_enabled_those_that_deliver_may_send(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "_own_settings", lambda _: {"PUSH_ENABLED": "true"})
    senders = [account for account, role in PROJECT.roles() if role == "roles/firebasecloudmessaging.admin"]
    assert senders == [
        f"fn-{name}@my-project.iam.gserviceaccount.com" for name in ("deliver-notification", "deliver-due")
    ]
    [enabled] = typed("services", "enable")
    assert "fcm.googleapis.com" in enabled


def test_everybody_may_call_the_public_functions_and_one_account_each_other() -> None:
    bind = "run services add-iam-policy-binding {} --region=europe-west1 --role=roles/run.invoker --format=none {}"
    everybody = {each.service: "--member=allUsers" for each in functions() if "httpsTrigger" in each.spec}
    closed = {
        each.service: f"--member=serviceAccount:fn-{each.service}@my-project.iam.gserviceaccount.com"
        for each in functions()
        if "httpsTrigger" not in each.spec
    }
    assert "create-lead" in closed
    assert [" ".join(each) for each in typed("run", "services", "add-iam-policy-binding")] == [
        f"{bind.format(each.service, (everybody | closed)[each.service])} --project=my-project" for each in functions()
    ]
    assert not [each for each in deploys().values() if "allow-unauthenticated" in " ".join(each)]


def test_the_traffic_is_held_then_given_to_what_has_answered() -> None:
    hold, tag, give = typed("run", "services", "update-traffic", "feed")
    assert (hold[-1], tag[-1]) == ("--to-revisions=1=100", "--update-tags=candidate=1")
    assert give[-2:] == ["--to-revisions=1=100", "--set-tags=previous=1"]
    [feed] = [each for each in functions() if each.name == "feed"]
    revision, mark = map(str, rollout.traffic(PROJECT, feed).words[-2:])
    assert "status.latestReadyRevisionName" in revision, "the newest gets the traffic"
    assert "status.traffic.filter" in mark, "the one that has it so far is marked"
    asked = [plain_words(each) for each in calls(deploy.plan(PROJECT)) if each.words[0] == "curl"]
    for words in asked:
        assert " ".join(words[:9]) == (
            "curl --fail --silent --show-error --retry 12 --retry-all-errors --retry-delay 10"
        )
    assert [words[-1] for words in asked][-1] == "https://my-project.web.app/listings?limit=1"


def test_rules_and_pages_go_out_with_these_words_after_the_functions() -> None:
    typed_to_firebase = [" ".join(plain_words(each)[1:]) for each in calls(deploy.plan(PROJECT)) if is_firebase(each)]
    assert typed_to_firebase == [
        "apps:list --project=my-project --non-interactive",
        "projects:addfirebase my-project --non-interactive",
        "hosting:sites:list --project=my-project --non-interactive",
        "hosting:sites:create my-project --project=my-project --non-interactive",
        "deploy --only=firestore:rules,hosting --project=my-project --non-interactive",
    ]


def is_firebase(each: Command) -> bool:
    return each.words[0] == FIREBASE


def test_the_database_is_protected_and_keeps_versions_and_backups() -> None:
    where = "--database=(default)"
    assert typed("firestore", "databases", "create") == [
        [
            *("firestore", "databases", "create", where, "--location=europe-west1", "--type=firestore-native"),
            *("--delete-protection", "--enable-pitr", "--project=my-project"),
        ]
    ]
    assert typed("firestore", "databases", "update") == [
        ["firestore", "databases", "update", where, "--delete-protection", "--enable-pitr", "--project=my-project"]
    ]
    assert [" ".join(each[4:]) for each in typed("firestore", "backups", "schedules", "create")] == [
        f"{where} --recurrence=daily --retention=7d --project=my-project",
        f"{where} --recurrence=weekly --day-of-week=SUN --retention=14w --project=my-project",
    ]


def test_an_index_is_asked_for_with_these_words_and_waited_for() -> None:
    created = [" ".join(each) for each in typed("firestore", "indexes", "composite", "create")]
    assert (
        "firestore indexes composite create --database=(default) --collection-group=favorites"
        " --query-scope=collection --field-config=field-path=user_id,order=ascending"
        " --field-config=field-path=created_at,order=descending --field-config=field-path=id,order=descending"
        " --async --project=my-project"
    ) in created
    [waiting] = [each for each in calls(deploy.plan(PROJECT)) if each.until is not None]
    assert plain_words(waiting)[1:] == (
        *("firestore", "indexes", "composite", "list", "--database=(default)", "--filter=state!=READY"),
        *("--format=value(name,state)", "--project=my-project"),
    )


def test_secrets_are_made_up_piped_in_and_in_no_command() -> None:
    added = [each for each in calls(deploy.plan(PROJECT)) if each.words[1:4] == ("secrets", "versions", "add")]
    assert [each.words[4] for each in added] == ["jwt-keys", "password-pepper", "telegram-bot-secret"]
    for each in added:
        assert "--data-file=-" in each.words
        assert each.stdin == Command(
            ("python3", "-c", 'import secrets; print(secrets.token_urlsafe(48), end="")')  # 384 bits.
        )


def test_each_function_has_an_account_of_its_own_that_google_accepts() -> None:
    accounts = [each[3] for each in typed("iam", "service-accounts", "create")]
    assert sorted(accounts) == sorted({"fn-build", *(each.account for each in functions())})
    assert all(re.fullmatch("[a-z][a-z0-9-]{4,28}[a-z0-9]", name) for name in accounts)


def test_the_log_keeps_no_second_line_of_a_request_that_went_well() -> None:
    how = (
        "^;^name=cloud-run-requests;"
        'filter=resource.type="cloud_run_revision" log_id("run.googleapis.com/requests") httpRequest.status<400'
    )
    assert [each[3:] for each in typed("logging", "sinks", "update")] == [
        ["_Default", "--project=my-project", f"--add-exclusion={how}"],
        ["_Default", "--project=my-project", f"--update-exclusion={how}"],
    ]


def test_a_schedule_calls_its_function_as_its_own_account() -> None:
    spec = {"scheduleTrigger": {"schedule": "every 60 minutes", "timeZone": "Asia/Almaty"}, "timeoutSeconds": 300}
    create, update = rollout.schedule(PROJECT, Function("find_lost_leads", spec))
    assert plain_words(create)[1:] == (
        *("scheduler", "jobs", "create", "http", "find-lost-leads", "--project=my-project", "--location=europe-west1"),
        *("--schedule=every 60 minutes", "--time-zone=Asia/Almaty", "--uri=https://a.run.app"),
        "--oidc-service-account-email=fn-find-lost-leads@my-project.iam.gserviceaccount.com",
        *("--oidc-token-audience=https://a.run.app", "--attempt-deadline=300s", "--max-retry-attempts=3"),
    )
    assert plain_words(update)[4:] == plain_words(create)[4:]


def life(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every command of a project's life: deployed, deployed anew, taken back, pruned, destroyed."""
    cloud = Cloud()
    monkeypatch.setattr(running, "start", cloud.start)
    monkeypatch.setattr(running, "PARALLEL", 1)
    monkeypatch.setenv("SMTP_URL", "smtp://example.com")
    running.run(deploy.plan(PROJECT))
    monkeypatch.setattr(rollout, "_source", lambda: ["main.py 2"])
    monkeypatch.setattr(rollout, "release", lambda: "d4e5f6")
    running.run(deploy.plan(PROJECT))
    running.run(rollback.plan(PROJECT))
    found = leftovers.found(PROJECT)
    for each in found:
        cloud.words.append([str(word) for word in each.remove.words])
    running.run(destroy.plan(PROJECT, found))
    unchecked = [each.otherwise[1] for each in calls(deploy.plan(PROJECT)) if each.otherwise]
    return [*cloud.words, *(list(plain_words(each)) for each in unchecked)]


def test_gcloud_understands_every_command_of_a_projects_life(gcloud: Gcloud, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {tuple(each) for each in life(monkeypatch) if each[0] == "gcloud"}
    spec = {"scheduleTrigger": {"schedule": "every 60 minutes"}, "timeoutSeconds": 60}
    wanted |= {plain_words(each) for each in rollout.schedule(PROJECT, Function("tidy", spec))}
    wanted |= {tuple(f"gcloud {each} --project=my-project".split()) for each in BUCKET}
    assert len(wanted) > 250
    refused = gcloud.refused(sorted(wanted))
    assert not refused, "\n\n".join(refused)


BUCKET = (
    "storage buckets create gs://b --location=europe-west1 --uniform-bucket-level-access --public-access-prevention"
    " --soft-delete-duration=0",
    "storage buckets update gs://b --uniform-bucket-level-access --public-access-prevention --soft-delete-duration=0"
    " --update-labels=a=b",
    "storage buckets add-iam-policy-binding gs://b --role=roles/storage.objectAdmin --format=none --member=allUsers",
    "storage buckets remove-iam-policy-binding gs://b --role=roles/storage.objectAdmin --format=none --member=allUsers",
    "storage buckets get-iam-policy gs://b --format=json",
    "scheduler jobs delete tidy --location=europe-west1",
)
"""Commands for functions of a kind that the manifest may not have yet; test_repeats.py has them typed."""

WRONG = {
    "functions deploy auth --gen2 --trigger-http --concurency=8": "unrecognized arguments: --concurency=8",
    "functions deploy auth --gen2 --trigger-http --concurrency=many": "Value must be an integer",
    "functions deploy auth --gen2 --trigger-http --trigger-event-filters=a=b": "At most one of",
    "functions deploi auth": "Invalid choice: 'deploi'",
    "firestore databases create --delete-protection": "--location: Must be specified",
    "firestore indexes fields update at --collection-group=a --index=order=up": "--index: Invalid choice: up",
    "firestore backups schedules create --database=d --recurrence=daily": "--retention: Must be specified",
    "secrets create a --replication-policy=everywhere": "--replication-policy is invalid",
    "alpha monitoring policies update": "Must be specified",
    "run services update-traffic feed --to-revisions=a": "Bad syntax for dict arg",
    "scheduler jobs create http a --location=r --uri=https://a.run.app": "--schedule: Must be specified",
}


def test_gcloud_refuses_what_is_wrong(gcloud: Gcloud) -> None:
    answers = gcloud.run([("gcloud", *wrong.split(), "--project=my-project") for wrong in WRONG])
    for complaint, (code, said) in zip(WRONG.values(), answers, strict=True):
        assert code
        assert complaint in said
        assert NO_ACCOUNT not in said


@pytest.mark.parametrize("typo", ["", "x"])
def test_the_program_itself_answers_as_it_does_from_inside(typo: str, gcloud: Gcloud) -> None:
    words = ["gcloud", "firestore", f"data{typo}bases", "list", "--project=my-project"]
    done = subprocess.run(words, capture_output=True, text=True, env=gcloud.environment, check=False)
    assert (NO_ACCOUNT in done.stderr) is not bool(typo)
    assert gcloud.run([tuple(words)])[0][0] == done.returncode


def test_firebase_tools_understands_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = sorted({tuple(each) for each in life(monkeypatch) if each[0] == FIREBASE})
    assert len(wanted) == 6
    wrong = (*wanted[0], "--nonsense")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "METADATA_SERVER_DETECTION": "none"}
    running_ = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=ROOT)
        for words in (*wanted, wrong)
    ]
    *said, refused = [each.communicate(timeout=1200)[0] for each in running_]
    assert "unknown option" in refused
    assert [text for text in said if "authenticate" not in text] == []


def test_a_dry_run_pasted_into_a_shell_types_what_a_real_run_does(tmp_path: Path, gcloud: Gcloud) -> None:
    script = make(gcloud, "deploy", **TYPED, DRY_RUN="1").stdout
    # They print nothing, so nothing is there and all is typed.
    notes = write_programs(tmp_path, "gcloud", "npm", "curl", "python3", FIREBASE, prints="")
    done = subprocess.run(
        ["bash"], input=script, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, cwd=tmp_path, text=True, check=False
    )
    assert done.returncode == 0
    shell = notes()
    named = {(FIREBASE if program.endswith("firebase") else Path(program).name, *rest[:3]) for program, *rest in shell}
    missing = {tuple(map(str, each.words[:4])) for each in calls(deploy.plan(WITHOUT_SMTP))} - named
    # The first runs only when a check fails, the second only where a policy forbids what comes before.
    assert {words[1] for words in missing} <= {"projects:addfirebase", "run"}


WITHOUT_SMTP = replace(PROJECT, supplied=())
TYPED = {"PROJECT": PROJECT.id, "REGION": PROJECT.region, "ALERT_EMAIL": PROJECT.alert_email, "BUDGET": PROJECT.budget}


def make(gcloud: Gcloud, verb: str, answer: str = "", **typed: str) -> subprocess.CompletedProcess[str]:
    """Runs `make deploy` or `make destroy` with these variables and this answer. make leaves the packages alone."""
    words = ["make", "--silent", "--old-file=venv/.installed", verb]
    environment = gcloud.environment | typed
    return subprocess.run(words, input=answer, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


@pytest.mark.parametrize("answer", ["", "no\n", "my-projec\n", "MY-PROJECT\n"])
def test_destroy_does_nothing_unless_the_project_is_typed(answer: str, gcloud: Gcloud) -> None:
    done = make(gcloud, "destroy", answer, **TYPED)
    assert done.returncode
    assert "Nothing was deleted." in done.stderr.splitlines()


@pytest.mark.parametrize(
    ("verb", "first"), [("deploy", "gcloud projects describe my-project"), ("rollback", "gcloud run")]
)
def test_without_a_login_the_first_command_stops_it_and_says_which(verb: str, first: str, gcloud: Gcloud) -> None:
    done = make(gcloud, verb, **TYPED)
    assert done.returncode
    assert first in done.stderr
    assert NO_ACCOUNT in done.stderr
    assert "2." not in done.stdout


def test_destroy_without_a_login_stops_at_its_first_command(gcloud: Gcloud) -> None:
    done = make(gcloud, "destroy", "my-project\n", **TYPED)
    assert done.returncode
    assert NO_ACCOUNT in done.stderr


@pytest.mark.parametrize("verb", ["deploy", "destroy", "rollback"])
def test_what_is_missing_is_asked_for(verb: str, gcloud: Gcloud) -> None:
    done = make(gcloud, verb)
    assert done.returncode
    assert done.stderr.startswith(f"PROJECT and REGION missing. Type: make {verb} PROJECT=")


def test_a_quota_that_is_too_small_is_said_before_anything_is_done(
    gcloud: Gcloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "may take 20 vCPU, europe-west1 gives 20." in make(gcloud, "deploy", **TYPED).stderr
    monkeypatch.setattr(deploy, "largest_cpus", lambda: 40.0)
    with pytest.raises(SystemExit, match="CPU_QUOTA=40"):
        deploy.check_quota(PROJECT)
    monkeypatch.setenv("CPU_QUOTA", "40")
    deploy.check_quota(PROJECT)


def test_the_release_is_the_commit_and_whether_the_tree_was_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"git rev-parse --short=12 HEAD": "0123456789ab", "git status --porcelain": ""}
    monkeypatch.setattr(manifest, "ask", lambda text: answers[text])
    assert manifest.release.__wrapped__() == "0123456789ab"
    answers["git status --porcelain"] = " M main.py"
    assert manifest.release.__wrapped__() == "0123456789ab-changed"


def test_the_content_of_the_source_is_part_of_what_decides_over_a_deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    before = deploys()["feed"][-1]
    monkeypatch.setattr(rollout, "_source", lambda: ["main.py 2"])
    assert deploys()["feed"][-1] != before
