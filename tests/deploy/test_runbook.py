"""What an operator is told to type can be typed, and the workflow is one that GitHub would run."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.cloud.manifest import ROOT, runtime
from tests.deploy.conftest import Gcloud, write_programs

RUNBOOK = (ROOT / "infra/README.md").read_text()
WORKFLOW = ".github/workflows/ci.yml"
WITHOUT_A_PROJECT = ("auth", "config")


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What the runbook's shell blocks and the commands in its text and in the alerts call, as a shell reads them."""
    folder = tmp_path_factory.mktemp("bin")
    notes = write_programs(folder, "gcloud", "make", prints="a123")
    files = sorted((ROOT / "infra/cloud/alerts").glob("*.yaml"))
    alerts = "\n".join(path.read_text().replace("$project", "p").replace("$region", "r") for path in files)
    blocks = re.findall(r"```bash\n(.*?)```", RUNBOOK, re.DOTALL)
    lines = [*blocks, *re.findall(r"`((?:gcloud|make) [^`]+)`", RUNBOOK + alerts)]
    path = f"{folder}:{os.environ['PATH']}"
    subprocess.run(["bash", "-e"], input="\n".join(lines), env={"PATH": path}, cwd=folder, text=True, check=True)
    calls = [json.loads(line) for line in notes.read_text().splitlines()]
    return [[Path(program).name, *words] for program, *words in calls]


def test_gcloud_understands_the_runbook(typed: list[list[str]], gcloud: Gcloud) -> None:
    commands = [each for each in typed if each[0] == "gcloud" and each[1] not in WITHOUT_A_PROJECT]
    # The runbook sets the project once, with `gcloud config set`.
    asked = [each if each[1] == "projects" else [*each, "--project=p"] for each in commands]
    assert len(asked) > 30
    refused = gcloud.refused(asked)
    assert not refused, "\n\n".join(refused)


def test_make_has_every_command_of_the_runbook(typed: list[list[str]]) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wanted = {each[1] for each in typed if each[0] == "make"}
    assert {"deploy", "admin", "destroy"} <= wanted <= targets


def test_every_file_and_setting_that_the_runbook_names_is_there() -> None:
    names = re.findall(r"`((?:infra/|\.github/)?[a-z_/.]+\.(?:py|yaml|yml))`", RUNBOOK)
    assert len(names) > 4
    assert [name for name in names if not (ROOT / name).exists() and not (ROOT / "infra/cloud" / name).exists()] == []


def test_the_workflow_is_one_that_github_accepts() -> None:
    check = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW]
    done = subprocess.run([f"venv/bin/{check[0]}", *check[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("job", ["test", "deploy"])
def test_the_workflow_uses_actions_of_known_content_and_commands_that_exist(job: str) -> None:
    steps = yaml.safe_load((ROOT / WORKFLOW).read_text())["jobs"][job]["steps"]
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each["uses"]) for each in steps if "uses" in each)
    commands = [each["run"] for each in steps if "run" in each]
    assert commands == {"test": ["make check PYTHON=python", "make test PYTHON=python"], "deploy": ["make deploy"]}[job]


def test_nothing_is_deployed_before_it_is_configured() -> None:
    deploy = yaml.safe_load((ROOT / WORKFLOW).read_text())["jobs"]["deploy"]
    assert deploy["if"] == (
        "github.ref == 'refs/heads/main' && vars.GCP_PROJECT != '' && vars.GCP_WORKLOAD_IDENTITY_PROVIDER != ''"
    )
    assert deploy["needs"] == "test"
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}


def test_the_tests_run_on_the_python_that_is_deployed_and_on_the_newest() -> None:
    job = yaml.safe_load((ROOT / WORKFLOW).read_text())["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.14"]
    assert runtime() == "python311"
