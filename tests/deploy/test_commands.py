"""Every command that a deploy types, held against the programs that would run it."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from infra.cloud import deploy, destroy
from infra.cloud.plan import Command, calls
from infra.cloud.project import FIREBASE, ROOT, Function, functions
from tests.deploy.conftest import NO_ACCOUNT, TARGET, Gcloud, plain_words, write_programs

PLANS = {"deploy": deploy.plan, "destroy": destroy.plan}


def commands(verb: str, program: str) -> list[tuple[str, ...]]:
    """The calls of a program in a plan, each once."""
    words = [plain_words(each) for each in calls(PLANS[verb](TARGET))]
    return list(dict.fromkeys(each for each in words if each[0] == program))


@pytest.mark.parametrize("verb", PLANS)
def test_gcloud_understands_every_command(verb: str, gcloud: Gcloud) -> None:
    wanted = commands(verb, "gcloud")
    assert len(wanted) > 30
    refused = gcloud.refused(wanted)
    assert not refused, "\n\n".join(refused)


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
}


def test_gcloud_refuses_what_is_wrong(gcloud: Gcloud) -> None:
    answers = gcloud.run([("gcloud", *wrong.split(), "--project=my-project") for wrong in WRONG])
    for complaint, (code, said) in zip(WRONG.values(), answers, strict=True):
        assert code
        assert complaint in said
        assert NO_ACCOUNT not in said


@pytest.mark.parametrize("typo", ["", "x"])
def test_the_program_itself_answers_as_it_does_from_inside(typo: str, gcloud: Gcloud) -> None:
    words = [*commands("deploy", "gcloud")[1], f"--format{typo}=none"]
    done = subprocess.run(words, capture_output=True, text=True, env=gcloud.environment, check=False)
    assert (NO_ACCOUNT in done.stderr, "unrecognized arguments" in done.stderr) == (not typo, bool(typo))
    assert gcloud.run([tuple(words)])[0][0] == done.returncode


def test_firebase_tools_understands_every_command(tmp_path: Path) -> None:
    wanted = [*commands("deploy", FIREBASE), *commands("destroy", FIREBASE)]
    assert len(wanted) == 6
    wrong = (*wanted[0], "--nonsense")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "METADATA_SERVER_DETECTION": "none"}
    running = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=ROOT)
        for words in (*wanted, wrong)
    ]
    *said, refused = [each.communicate(timeout=100)[0] for each in running]
    assert "unknown option" in refused
    assert [text for text in said if "authenticate" not in text] == []


@pytest.mark.parametrize("verb", PLANS)
def test_a_dry_run_pasted_into_a_shell_types_what_a_real_run_does(verb: str, tmp_path: Path, gcloud: Gcloud) -> None:
    script = dry_run(verb, gcloud)
    # What they print satisfies no check, so all is typed.
    typed = write_programs(tmp_path, "gcloud", "npm", "curl", "python3", FIREBASE, prints=TARGET.region)
    done = subprocess.run(
        ["bash"], input=script, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, cwd=tmp_path, text=True, check=False
    )
    assert done.returncode == 0
    shell = [json.loads(line) for line in typed.read_text().splitlines()]
    shell = [(FIREBASE if program.endswith("firebase") else Path(program).name, *rest) for program, *rest in shell]
    every = {plain_words(each) for each in calls(PLANS[verb](TARGET))}
    skipped = every - set(shell)
    assert set(shell) <= every
    # Its check only has to succeed.
    assert {words[1] for words in skipped} <= {"projects:addfirebase"}


def dry_run(verb: str, gcloud: Gcloud) -> str:
    typed = {"PROJECT": TARGET.project, "REGION": TARGET.region, "ALERT_EMAIL": TARGET.alert_email, "DRY_RUN": "1"}
    done = make(gcloud, verb, **typed)
    assert done.returncode == 0, done.stderr
    return done.stdout


def make(gcloud: Gcloud, verb: str, answer: str = "", **typed: str) -> subprocess.CompletedProcess[str]:
    """Runs `make deploy` or `make destroy` with these variables and this answer. make leaves the packages alone."""
    words = ["make", "--silent", "--old-file=venv/.installed", verb]
    environment = gcloud.environment | typed
    return subprocess.run(words, input=answer, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)


def test_no_secret_stands_in_a_command() -> None:
    made = [each for each in calls(deploy.plan(TARGET)) if each.words[1:3] == ("secrets", "create")]
    assert len(made) == 3
    for each in made:
        assert "--data-file=-" in each.words
        assert isinstance(each.stdin, Command)


def test_only_functions_over_http_are_public() -> None:
    words = [each.words for each in calls(deploy.plan(TARGET)) if each.words[1:3] == ("functions", "deploy")]
    closed = [each[3] for each in words if "--no-allow-unauthenticated" in each]
    assert closed == ["create-lead"]
    assert [each[3] for each in words if "--allow-unauthenticated" not in each] == closed


def test_each_function_has_an_account_of_its_own_that_google_accepts() -> None:
    accounts = [each.words[4] for each in calls(deploy.plan(TARGET)) if each.words[1:3] == ("iam", "service-accounts")]
    assert len(set(accounts)) == len(accounts) == 10
    assert all(re.fullmatch("[a-z][a-z0-9-]{4,28}[a-z0-9]", str(name)) for name in accounts)


def test_one_function_is_deployed_again_when_only_its_size_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def releases() -> dict[str, str]:
        words = [each.words for each in calls(deploy.plan(TARGET)) if each.words[1:3] == ("functions", "deploy")]
        return {str(each[3]): str(each[-1]) for each in words}

    before = releases()
    assert releases() == before
    every = {each.name: each for each in functions()}
    every["feed"] = Function("feed", every["feed"].spec | {"maxInstances": 99})
    monkeypatch.setattr(deploy, "functions", lambda: list(every.values()))
    assert {name for name, release in releases().items() if release != before[name]} == {"feed"}


@pytest.mark.parametrize("answer", ["", "no\n", "my-projec\n", "MY-PROJECT\n"])
def test_destroy_does_nothing_unless_the_project_is_typed(answer: str, gcloud: Gcloud) -> None:
    done = make(gcloud, "destroy", answer, PROJECT=TARGET.project, REGION=TARGET.region)
    assert done.returncode
    assert "Nothing was deleted." in done.stderr.splitlines()


def test_a_deploy_without_a_login_stops_at_its_first_command_and_says_which(gcloud: Gcloud) -> None:
    done = make(gcloud, "deploy", PROJECT=TARGET.project, REGION=TARGET.region)
    assert done.returncode
    assert "gcloud projects describe my-project" in done.stderr
    assert NO_ACCOUNT in done.stderr
    assert "2." not in done.stdout


def test_what_is_missing_is_asked_for(gcloud: Gcloud) -> None:
    done = make(gcloud, "deploy")
    assert done.returncode
    assert done.stderr.startswith("PROJECT and REGION missing")
