"""A deploy that is refused, delayed or interrupted anywhere: the next one leaves the project as it should be."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import functions
from functions import FUNCTIONS, Kind
from infra.cloud import deploy, destroy, leftovers, manifest, rollback, rollout, running
from infra.cloud.manifest import ROOT
from infra.cloud.plan import Stage
from infra.cloud.project import Project
from tests.deploy.cloud import Cloud
from tests.deploy.conftest import PROJECT

HTTP = {"platform": "gcfv2", "httpsTrigger": {"invoker": ["public"]}, "availableMemoryMb": 512, "cpu": 1}
SIZE = {"concurrency": 4, "maxInstances": 5, "timeoutSeconds": 60}
MORE = {
    "pictures": HTTP | SIZE | {"entryPoint": "pictures"},
    "hourly": SIZE
    | {"platform": "gcfv2", "entryPoint": "hourly", "availableMemoryMb": 256, "cpu": 1}
    | {"scheduleTrigger": {"schedule": "every 60 minutes", "timeZone": "Asia/Almaty"}},
}
"""Functions of the kinds that come: one with the bucket, one with a schedule."""


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working tree with two functions more, and a deploy that does not wait."""
    shutil.copy(ROOT / "firebase.json", tmp_path)
    endpoints = yaml.safe_load((ROOT / "functions.yaml").read_text())["endpoints"]
    (tmp_path / "functions.yaml").write_text(yaml.safe_dump({"endpoints": endpoints | MORE}))
    monkeypatch.setitem(FUNCTIONS, "pictures", functions.Function(Kind.HTTP, secrets=("JWT_KEYS",), bucket=True))
    monkeypatch.setitem(FUNCTIONS, "hourly", functions.Function(Kind.SCHEDULE, secrets=("SMTP_URL",)))
    monkeypatch.setattr(manifest, "ROOT", tmp_path)
    monkeypatch.setattr(rollout, "_source", lambda: ["main.py 1"])
    monkeypatch.setattr(rollout, "release", lambda: "a1")
    monkeypatch.setattr(running, "WAITS", (0, 0, 0))
    monkeypatch.setattr(running, "PARALLEL", 1)
    monkeypatch.setenv("SMTP_URL", "smtps://user:hidden@mail.example.com")
    return tmp_path


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Cloud]:
    """Deploys to a project, and returns it."""

    def run(cloud: Cloud | None = None, project: Project = PROJECT, plan: list[Stage] | None = None) -> Cloud:
        cloud = cloud or Cloud()
        cloud.typed.clear()
        cloud.changes.clear()
        cloud.history.clear()
        cloud.asked.clear()
        monkeypatch.setattr(running, "start", cloud.start)
        running.run(plan or deploy.plan(project))
        return cloud

    return run


def closed() -> set[str]:
    """The functions that not everybody may call."""
    return {each.service for each in manifest.functions() if "httpsTrigger" not in each.spec}


def new_code(monkeypatch: pytest.MonkeyPatch, release: str = "b2") -> None:
    monkeypatch.setattr(rollout, "_source", lambda: [f"main.py {release}"])
    monkeypatch.setattr(rollout, "release", lambda: release)


Make = Callable[..., Cloud]


def test_a_first_deploy_is_complete(make: Make) -> None:
    cloud = make()
    view = cloud.view()
    public = {name for name, each in view["services"].items() if each["callers"] == ["allUsers"]}
    assert view["services"].keys() - public == closed() >= {"create-lead", "hourly"}
    for name in closed():
        assert view["services"][name]["callers"] == [f"serviceAccount:fn-{name}@my-project.iam.gserviceaccount.com"]
    assert all(each["newest runs"] and not each["tags"] for each in view["services"].values())
    assert cloud.things["job"]["hourly"] == {
        "schedule": "every 60 minutes",
        "uri": "https://hourly.run.app",
        "account": "fn-hourly@my-project.iam.gserviceaccount.com",
    }
    assert cloud.things["bucket"]["my-project-photos"] == {"closed": True, "labels": {"made-by": "make-deploy"}}
    users = ("fn-finish-deletions", "fn-photos", "fn-pictures", "fn-sweep-photos")
    assert cloud.grants["my-project-photos"] == {(each, "roles/storage.objectAdmin") for each in users}
    assert "PHOTOS_BUCKET=my-project-photos" in view["services"]["pictures"]["runs"]["settings"]
    assert "PHOTOS_BUCKET" not in view["services"]["feed"]["runs"]["settings"]
    assert view["services"]["hourly"]["runs"]["secrets"] == "SMTP_URL=smtp-url:1"
    assert all(each["told"] == ["projects/p/notificationChannels/0"] for each in cloud.things["alert"].values())
    assert cloud.asked[-1] == "GET https://my-project.web.app/listings?limit=1"


def test_a_second_deploy_makes_nothing_twice_and_no_revision(make: Make) -> None:
    cloud = make()
    before = cloud.view()
    make(cloud)
    assert cloud.view() == before
    assert not [line for line in cloud.changes if "functions deploy" in line or "update-traffic" in line]
    assert len(cloud.things["channel"]) == len(cloud.things["uptime"]) == len(cloud.things["dashboard"]) == 1


def test_a_deploy_that_ends_anywhere_is_completed_by_the_next_one(make: Make) -> None:
    plan = deploy.plan(PROJECT)
    cloud = make(Cloud(keeps_history=True), plan=plan)
    wanted, steps = cloud.view(), len(cloud.history)
    assert steps > 100
    for step in range(steps):
        assert make(cloud.as_after(step), plan=plan).view() == wanted, cloud.changes[step]


def test_an_update_that_ends_anywhere_is_completed_and_nothing_unasked_gets_traffic(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = make(Cloud(keeps_history=True))
    old = {name: each.running for name, each in cloud.services.items()}
    new_code(monkeypatch)
    plan = deploy.plan(PROJECT)
    make(cloud, plan=plan)
    wanted, changes = cloud.view(), list(cloud.changes)
    first_switch = next(n for n, line in enumerate(changes) if "--set-tags=previous" in line)
    for step in range(len(changes)):
        resumed = cloud.as_after(step)
        if step < first_switch:
            assert {name: each.running for name, each in resumed.services.items()} == old, changes[step]
        if "run services" in changes[step] or "functions deploy" in changes[step]:
            assert make(resumed, plan=plan).view() == wanted, changes[step]


PASSING = {
    "the service is not enabled yet": "firestore databases create|If you enabled this API recently, wait a moment",
    "the account is not known yet": "projects add-iam-policy-binding|Service account fn-auth does not exist.",
    "policies change at once": "projects add-iam-policy-binding|ABORTED: There were concurrent policy changes.",
    "indexes change at once": "composite create|Please retry, underlying data changed",
    "fields change at once": "indexes fields update|Concurrent access to the index",
    "eventarc is new": "functions deploy create-lead|Eventarc is new here, it may take a few minutes",
    "the right to the secret spreads": "functions deploy auth|Permission denied on secret: jwt-keys",
    "the right to the source spreads": "functions deploy auth|Access to bucket gcf-v2-sources-1-r denied.",
    "the images race": "functions deploy feed|generic::already_exists: repository gcf-artifacts is being created",
    "the account cannot be used yet": "functions deploy auth|'iam.serviceaccounts.actAs' denied (or it may not exist)",
    "too many requests": "functions describe|RESOURCE_EXHAUSTED: Quota exceeded for quota metric 'Read requests'",
    "a weak moment": "secrets create|UNAVAILABLE: The service is currently unavailable.",
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_waited_for(fault: str, make: Make) -> None:
    command, error = PASSING[fault].split("|")
    cloud = Cloud()
    cloud.answers += [(command, error), (command, error)]
    make(cloud)
    assert cloud.answers == []
    assert cloud.view() == make().view()


STAYS = {
    "no billing": ("services enable", "Billing must be enabled for activation. Please try again.", "billing account"),
    "Firebase's terms": (
        "projects:addfirebase",
        "Failed to add Firebase because your account has not accepted the Firebase Terms of Service. Please try again.",
        "console.firebase.google.com/?forceCheckTos=true",
    ),
    "the CPU quota": (
        "functions deploy feed",
        "RESOURCE_EXHAUSTED: Quota exceeded for total allowable CPU per project per region.",
        "Raise the quota",
    ),
    "a bucket's name": ("buckets create", "409: The requested bucket name is not available.", "PHOTOS_BUCKET="),
    "no rights": ("iam service-accounts create", "PERMISSION_DENIED: denied on resource", "gcloud config get account"),
}


@pytest.mark.parametrize("fault", STAYS)
def test_what_does_not_pass_is_told_at_once_and_the_next_deploy_goes_on(
    fault: str, make: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command, error, told = STAYS[fault]
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waits for what never comes"))
    cloud = Cloud(answers=[(command, error)])
    with pytest.raises(SystemExit):
        make(cloud)
    said = capsys.readouterr().err
    assert error in said
    assert told in said.split("What to do: ")[1]
    assert "PERMISSION_DENIED" in STAYS[fault][1] or sum(command in line for line in cloud.typed) == 1
    make(cloud)
    assert cloud.view() == make().view()


HALF = ("secrets create", "functions deploy", "run services add-iam", "secrets versions add", "composite create")


@pytest.mark.parametrize("command", HALF)
def test_work_that_was_done_although_it_failed_is_not_done_twice(command: str, make: Make) -> None:
    cloud = Cloud(half=[(command, "deadline of the answer exceeded")])
    with pytest.raises(SystemExit):
        make(cloud)
    make(cloud)
    assert cloud.view() == make().view()


def test_a_function_that_was_made_but_not_opened_is_opened_by_the_next_deploy(make: Make) -> None:
    cloud = Cloud(answers=[("add-iam-policy-binding feed .*allUsers", "Policy is broken")])
    with pytest.raises(SystemExit):
        make(cloud)
    assert cloud.services["feed"].callers == set()
    assert make(cloud).services["feed"].callers == {"allUsers"}


def test_a_lost_right_to_call_comes_back_although_the_function_is_unchanged(make: Make) -> None:
    cloud = make()
    for each in cloud.services.values():
        each.callers.clear()
    make(cloud)
    assert all(each.callers for each in cloud.services.values())
    assert not [line for line in cloud.changes if "functions deploy" in line]


def test_where_everybody_may_not_be_named_the_check_of_callers_is_switched_off(make: Make) -> None:
    cloud = make(Cloud(no_public_members=True))
    open_ = {name for name, each in cloud.services.items() if each.unchecked}
    assert open_ == cloud.services.keys() - closed()


def test_a_secret_is_never_replaced_because_it_could_not_be_asked_for(make: Make) -> None:
    cloud = make()
    cloud.answers.append(("secrets versions list password-pepper", "PERMISSION_DENIED"))
    with pytest.raises(SystemExit):
        make(cloud)
    assert len(cloud.secrets["password-pepper"]["versions"]) == 1


def test_a_supplied_secret_is_neither_asked_for_nor_bound_without_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMTP_URL")
    cloud = make(project=Project("my-project", "europe-west1", "europe-west1"))
    assert "smtp-url" not in cloud.secrets
    assert cloud.services["hourly"].revisions[0]["secrets"] == ""
    assert not any("SMTP" in line or "smtp" in line for line in cloud.typed)


def test_the_value_of_a_supplied_secret_is_shown_nowhere(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    cloud = make()
    said = capsys.readouterr()
    assert "hidden" not in said.out + said.err + "\n".join(cloud.typed)


def test_a_new_version_of_a_secret_reaches_only_the_functions_that_use_it(make: Make) -> None:
    cloud = make()
    cloud.secrets["password-pepper"]["versions"].append("new")
    make(cloud)
    assert {name for name, each in cloud.services.items() if len(each.revisions) > 1} >= {"auth"}
    assert "password-pepper:2" in cloud.services["auth"].revisions[-1]["secrets"]
    assert len(cloud.services["feed"].revisions) == 1


def test_a_function_whose_deploy_failed_is_deployed_again(make: Make) -> None:
    cloud = make()
    cloud.services["feed"].state = "FAILED"
    make(cloud)
    assert len(cloud.services["feed"].revisions) == 2
    assert len(cloud.services["leads"].revisions) == 1


def test_force_deploys_what_has_not_changed(make: Make) -> None:
    cloud = make()
    make(cloud, Project("my-project", "europe-west1", "europe-west1", force=True, supplied=("SMTP_URL",)))
    assert {len(each.revisions) for each in cloud.services.values()} == {2}


def test_changed_code_reaches_every_function_and_a_changed_size_its_own(
    make: Make, monkeypatch: pytest.MonkeyPatch, tree: Path
) -> None:
    cloud = make()
    new_code(monkeypatch)
    make(cloud)
    assert {len(each.revisions) for each in cloud.services.values()} == {2}
    content = yaml.safe_load((tree / "functions.yaml").read_text())
    content["endpoints"]["feed"]["availableMemoryMb"] = 512
    (tree / "functions.yaml").write_text(yaml.safe_dump(content))
    make(cloud)
    assert {name for name, each in cloud.services.items() if len(each.revisions) == 3} == {"feed"}


def test_a_commit_that_changes_no_function_deploys_none(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = make()
    monkeypatch.setattr(rollout, "release", lambda: "b2")
    make(cloud)
    assert {len(each.revisions) for each in cloud.services.values()} == {1}


def test_a_new_revision_that_does_not_answer_gets_no_traffic(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = make()
    old = {name: each.running for name, each in cloud.services.items()}
    new_code(monkeypatch)
    cloud.broken_revisions = True
    with pytest.raises(SystemExit):
        make(cloud)
    assert {name: each.running for name, each in cloud.services.items()} == old
    cloud.broken_revisions = False
    make(cloud)
    assert all(each.running == each.newest for each in cloud.services.values())


def test_every_public_function_is_asked_at_its_new_revision_and_listings_for_data(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = make()
    new_code(monkeypatch)
    make(cloud)
    names = cloud.services.keys() - closed()
    assert sorted(cloud.asked[:-1]) == sorted(
        [
            *(f"OPTIONS https://candidate---{name}.run.app/" for name in names),
            "GET https://candidate---listings.run.app/?limit=1",
        ]
    )


def roll_back(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "start", cloud.start)
    running.run(rollback.plan(PROJECT))


def test_one_command_takes_every_function_back_to_the_release_before(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = make()
    old = {name: each.running for name, each in cloud.services.items()}
    new_code(monkeypatch)
    make(cloud)
    assert all(each.running != old[name] for name, each in cloud.services.items())
    roll_back(cloud, monkeypatch)
    assert {name: each.running for name, each in cloud.services.items()} == old
    with pytest.raises(SystemExit, match="Nothing to go back to"):
        roll_back(cloud, monkeypatch)
    make(cloud)
    assert all(each.running == each.newest for each in cloud.services.values())


def test_a_rollback_passes_over_a_release_that_never_had_traffic(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = make()
    old = {name: each.running for name, each in cloud.services.items()}
    new_code(monkeypatch, "bad")
    cloud.broken_revisions = True
    with pytest.raises(SystemExit):
        make(cloud)
    cloud.broken_revisions = False
    new_code(monkeypatch, "c3")
    make(cloud)
    roll_back(cloud, monkeypatch)
    assert {name: each.running for name, each in cloud.services.items()} == old


def test_a_rollback_leaves_what_the_last_release_did_not_change(
    make: Make, monkeypatch: pytest.MonkeyPatch, tree: Path
) -> None:
    cloud = make()
    new_code(monkeypatch)
    make(cloud)
    content = yaml.safe_load((tree / "functions.yaml").read_text())
    content["endpoints"]["feed"]["availableMemoryMb"] = 512
    (tree / "functions.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setattr(rollout, "release", lambda: "c3")
    make(cloud)
    roll_back(cloud, monkeypatch)
    assert {name: each.running[-9:-4] for name, each in cloud.services.items()} == dict.fromkeys(
        cloud.services, "00002"
    )


def test_what_has_left_the_tree_is_listed_and_removed_when_told_so(
    make: Make, monkeypatch: pytest.MonkeyPatch, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = make()
    wanted = {name: set(each) for name, each in cloud.things.items()}
    cloud.things["index"]["projects/p/databases/d/collectionGroups/leads/indexes/old"] = {
        "queryScope": "COLLECTION",
        "fields": [{"fieldPath": "phone", "order": "ASCENDING"}, {"fieldPath": "__name__", "order": "ASCENDING"}],
    }
    cloud.things["ttl"]["projects/p/databases/d/collectionGroups/leads/fields/until"] = {}
    cloud.grants["password-pepper"].add(("fn-feed", "roles/secretmanager.secretAccessor"))
    cloud.grants["project"].add(("fn-feed", "roles/owner"))
    leave(tree, "hourly", "pictures")
    capsys.readouterr()
    leftovers.prune(PROJECT, remove=False)
    said = capsys.readouterr().out
    assert "PRUNE=1" in said
    listed = [line.split()[:3] for line in said.splitlines() if line.startswith("  ")]
    assert [each[0] for each in listed] == [
        *("function", "function", "job", "project-role", "project-role", "project-role"),
        *("secret-role", "secret-role", "secret-role", "bucket-role", "account", "account", "index", "expiry"),
    ]
    assert "hourly" in cloud.services
    leftovers.prune(PROJECT, remove=True)
    assert cloud.services.keys() & {"hourly", "pictures"} == set()
    assert ("fn-feed", "roles/owner") not in cloud.grants["project"]
    assert ("fn-feed", "roles/secretmanager.secretAccessor") not in cloud.grants["password-pepper"]
    assert {name: set(each) for name, each in cloud.things.items()} == wanted | {
        "job": wanted["job"] - {"hourly"},
        "account": wanted["account"] - {"fn-hourly", "fn-pictures"},
    }
    capsys.readouterr()
    leftovers.prune(PROJECT, remove=True)
    assert capsys.readouterr().out == ""


def leave(tree: Path, *names: str) -> None:
    """Takes functions out of the tree."""
    content = yaml.safe_load((tree / "functions.yaml").read_text())
    content["endpoints"] = {name: each for name, each in content["endpoints"].items() if name not in names}
    (tree / "functions.yaml").write_text(yaml.safe_dump(content))


def test_a_deploy_of_the_present_tree_leaves_nothing_that_it_does_not_want(make: Make) -> None:
    make()
    assert leftovers.unwanted(PROJECT) == []


def test_destroy_takes_what_is_there_and_not_what_the_tree_names(
    make: Make, monkeypatch: pytest.MonkeyPatch, tree: Path
) -> None:
    cloud = make()
    leave(tree, "hourly", "pictures", "feed")
    running.run(destroy.plan(PROJECT, leftovers.found(PROJECT)))
    assert cloud.services == {}
    assert {kind for kind, each in cloud.things.items() if each} == {"api", "firebase", "budget"}
    assert not any(cloud.grants.values())
    running.run(destroy.plan(PROJECT, leftovers.found(PROJECT)))


@pytest.mark.parametrize("every", [5])
def test_destroy_clears_a_deploy_that_ended_anywhere(every: int, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = make(Cloud(keeps_history=True))
    for step in range(0, len(cloud.history), every):
        half = cloud.as_after(step)
        monkeypatch.setattr(running, "start", half.start)
        running.run(destroy.plan(PROJECT, leftovers.found(PROJECT)))
        assert half.services == {}
        assert {kind for kind, each in half.things.items() if each} <= {"api", "firebase", "budget"}
