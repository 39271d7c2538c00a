"""What an operator is told to type can be typed, and the workflow is one that GitHub would run."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.cloud import monitoring
from infra.cloud.manifest import ROOT, functions, runtime
from shared.settings import Settings
from tests.bench import prices
from tests.deploy.conftest import PROJECT, Gcloud, write_programs

RUNBOOK = (ROOT / "infra/README.md").read_text()
WORKFLOW = ".github/workflows/ci.yml"
PRINTED = "a123"
WITHOUT_A_PROJECT = ("auth", "components", "config")


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What the runbook's shell blocks and the commands in its text and in the alerts call, as a shell reads them."""
    folder = tmp_path_factory.mktemp("bin")
    notes = write_programs(folder, "gcloud", "make", "curl", "sleep", "venv/bin/python", prints=PRINTED)
    files = sorted((ROOT / "infra/cloud/alerts").glob("*.yaml"))
    alerts = "\n".join(path.read_text().replace("$project", "p").replace("$region", "r") for path in files)
    blocks = re.findall(r"```bash\n(.*?)```", RUNBOOK, re.DOTALL)
    lines = [*blocks, *re.findall(r"`((?:gcloud|make) [^`]+)`", RUNBOOK + alerts)]
    path = f"{folder}:{os.environ['PATH']}"
    subprocess.run(["bash", "-e"], input="\n".join(lines), env={"PATH": path}, cwd=folder, text=True, check=True)
    calls = notes()
    return [[Path(program).name, *words] for program, *words in calls]


def with_operation(words: list[str]) -> list[str]:
    """The name of an operation, where a command waits for one that another command has begun."""
    name = "projects/p/databases/proof/operations/1"
    return [name if word == PRINTED and "wait" in words else word for word in words]


def test_gcloud_understands_the_runbook(typed: list[list[str]], gcloud: Gcloud) -> None:
    commands = [each for each in typed if each[0] == "gcloud" and each[1] not in WITHOUT_A_PROJECT]
    # The runbook sets the project once, with `gcloud config set`.
    asked = [each if each[1] == "projects" else [*each, "--project=p"] for each in map(with_operation, commands)]
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


@pytest.mark.parametrize("name", monitoring.ALERTS)
def test_every_alert_has_its_row_and_a_query_of_the_log(name: str) -> None:
    title = monitoring.policy(PROJECT, name)["displayName"]
    assert re.search(rf"^\| {title} \| .+ \|$", RUNBOOK, re.MULTILINE)
    [query] = re.findall(rf"^# {title}(?::.*)?\n((?:[^#`].*\n)+)", RUNBOOK, re.MULTILINE)
    assert "gcloud logging read" in query


def test_every_line_that_an_alert_or_the_runbook_looks_for_is_one_that_the_code_writes() -> None:
    code = "".join(path.read_text() for folder in ("functions", "shared") for path in (ROOT / folder).rglob("*.py"))
    wanted = RUNBOOK + "".join(monitoring.METRICS.values())
    filters = re.findall(r'jsonPayload\.message[:=]\\?(?:\(([^)]+)\)|("[^"]+"))', wanted)
    lines = {line for both in filters for line in re.findall(r'"([^"\\]+)\\?"', "".join(both))}
    assert {"Likes without a lead", "Outbox is behind", "Account deleted", "Event failed"} <= lines
    assert [line for line in lines if not re.search(rf'"[^"\n]*{line}', code)] == []
    assert "route=route" in code, "the field of the query of the instances"


def test_every_variable_that_the_runbook_names_is_read() -> None:
    """In capitals: a setting of the functions, what is typed behind make, or a variable of the workflow."""
    text = re.sub(r"```.*?```", "", RUNBOOK, flags=re.DOTALL)
    names = set(re.findall(r"`([A-Z][A-Z_]{4,})(?:=[^`]*)?`", text)) - {"PROJECT", "FAILED_PRECONDITION", "NAME"}
    assert {"MAIL_FROM", "CPU_QUOTA", "TAKE_OVER", "GCP_PROJECT"} <= names
    tools = "".join(path.read_text() for path in (ROOT / "infra").glob("**/*.py") if "node_modules" not in path.parts)
    known = {name.upper() for name in Settings.model_fields} | set(re.findall(r'"([A-Z_]+)"', tools))
    workflow = set(re.findall(r"vars\.([A-Z_]+)", (ROOT / WORKFLOW).read_text()))
    assert names - known - workflow == set()


def test_every_chapter_that_an_error_or_an_alert_sends_to_is_there() -> None:
    told = "".join(path.read_text() for path in (ROOT / "infra/cloud").rglob("*") if path.suffix in (".py", ".yaml"))
    chapters = set(re.findall(r'infra/README\.md,[\s"\'(]+([A-Z][\w ]+?)"', told))
    assert {"Backup and restore", "Deploying from GitHub", "Size and quotas", "Client addresses"} <= chapters
    assert chapters <= set(re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE))


def test_the_cost_of_the_schedules_is_the_one_of_the_price_list() -> None:
    bill, jobs = prices.schedules_a_month([each.interval for each in functions() if each.schedule])
    sums = [jobs + bill.firestore + part for part in (bill.functions_shared, bill.functions_alone)]
    row = f"| ${bill.firestore:.2f} | ${bill.functions_shared:.2f} – ${bill.functions_alone:.2f} | ${jobs:.2f} for"
    assert row in RUNBOOK
    assert f"| ${sums[0]:.2f} – ${sums[1]:.2f} |" in RUNBOOK
    assert prices.schedules_a_month([60] * 3)[1] == 0, "three jobs are free"


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
