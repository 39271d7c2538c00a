"""What tells the operator: log-based metrics, alerts, a check from outside, a dashboard, a budget."""

import json
from string import Template
from typing import Any

import yaml

from infra.cloud.manifest import ROOT, Function, functions
from infra.cloud.plan import THERE_ALREADY, Check, Command, IsThere, Stage, text
from infra.cloud.project import Project

FOLDER = ROOT / "infra/cloud"
ALERTS = ("errors", "latency", "leads", "messages", "refusals", "instances", "outside")
"""The files in infra/cloud/alerts."""

OF_CLOUD_RUN = 'resource.type="cloud_run_revision" AND log_id("run.googleapis.com/requests")'

METRICS = {
    # Requests that Cloud Run refuses do not count as requests of the function: only its log has them.
    "calls_not_allowed": f'{OF_CLOUD_RUN} AND textPayload:"The request was not auth"',
    "calls_without_instance": f'{OF_CLOUD_RUN} AND textPayload:"no available instance"',
    "likes_without_lead": 'jsonPayload.message="Likes without a lead" AND jsonPayload.missing>0',
    "outbox_behind": 'jsonPayload.message="Outbox is behind"',
    "people_not_reached": 'jsonPayload.message="Not reached for half an hour"',
}
"""Log-based metrics by name: how many lines of the log match the filter."""

EXCLUSION = "cloud-run-requests"
EXCLUDED = f"{OF_CLOUD_RUN.replace(' AND ', ' ')} httpRequest.status<400"
"""Lines that say nothing that the functions' own lines do not. Log-based metrics count them all the same."""

MADE_BY = "Made by make deploy."
OURS = 'userLabels.made_by="make-deploy"'
OUTSIDE = "API from outside"
DASHBOARD = "API"
SATURATED = 0.8
MANY = 5
"""Below so many instances, a function is meant to be at its limit: a schedule runs once at a time."""


def logs(project: Project) -> list[list[Command]]:
    """What the log counts, and what it does not keep."""
    counted = [
        [_metric(project, "create", name, THERE_ALREADY), _metric(project, "update", name, None)] for name in METRICS
    ]
    has_it = Check(project.gcloud("logging sinks describe _Default --format=value(exclusions.name)"), EXCLUSION)
    return [*counted, [_exclusion(project, "add", has_it), _exclusion(project, "update", None)]]


def _metric(project: Project, verb: str, name: str, fine: str | None) -> Command:
    what = [f"--description={MADE_BY}", f"--log-filter={METRICS[name]}"]
    return project.gcloud(f"logging metrics {verb} {name}", *what, fine=fine)


def _exclusion(project: Project, verb: str, unless: Check | None) -> Command:
    how = f"--{verb}-exclusion=^;^name={EXCLUSION};filter={EXCLUDED}"
    return project.gcloud("logging sinks update _Default", how, unless=unless)


def stages(project: Project) -> list[Stage]:
    """After the first request: until then some metrics do not exist."""
    watched = [[_uptime(project)], _dashboard(project), *([_budget(project)] if project.budget else [])]
    if not project.alert_email:
        return [Stage("What is watched", watched)]
    channel = project.gcloud(
        "beta monitoring channels create --display-name=Operators --type=email",
        f"--channel-labels=email_address={project.alert_email}",
        unless=IsThere(project.alert_channels()),
    )
    return [
        Stage("What is watched, and who is told", [[channel], *watched]),
        Stage("Alerts", [_alert(project, name) for name in ALERTS]),
    ]


def policy(project: Project, name: str) -> dict[str, Any]:
    """An alert of infra/cloud/alerts, with the names of this project and the sizes of functions.yaml."""
    every = functions()
    words = {
        "project": project.id,
        "region": project.region,
        "public": "|".join(each.service for each in every if each.public),
        # Not photos: how long an upload takes depends on its sender's line.
        "quick": "|".join(each.service for each in every if each.public and not each.needs_bucket),
        "closed": "|".join(each.service for each in every if not each.public),
        "events": "|".join(each.service for each in every if each.event),
        "stopped": " or ".join(_stopped(each) for each in every if each.schedule),
        "saturated": " or ".join(_saturated(each) for each in every if each.spec["maxInstances"] >= MANY),
    }
    loaded: dict[str, Any] = yaml.safe_load(Template((FOLDER / f"alerts/{name}.yaml").read_text()).substitute(words))
    return loaded | {"userLabels": {"made_by": "make-deploy"}}


def _saturated(each: Function) -> str:
    count = f'sum by (service_name) (run_googleapis_com:container_instance_count{{service_name="{each.service}"}})'
    return f"{count} > {int(each.spec['maxInstances'] * SATURATED)}"


def _stopped(each: Function) -> str:
    """True while a schedule has not succeeded for an hour, or three times in a row; also when there is no figure.

    A project that had no request at all before that time is new, and its schedules may not have had their turn yet.
    """
    requests = 'run_googleapis_com:request_count{monitored_resource="cloud_run_revision"'
    window = max(3600, 3 * each.interval)
    succeeded = f'{requests}, service_name="{each.service}", response_code_class="2xx"}}[{window}s]'
    is_old = f"sum(increase({requests}}}[1h] offset {window}s)) > 0"
    return f"(sum(increase({succeeded})) or vector(0)) < 1 and {is_old}"


def policies_named(project: Project, title: str) -> Command:
    """Prints the names of the alert policies of that title."""
    return project.gcloud("alpha monitoring policies list --format=value(name)", f'--filter=displayName="{title}"')


def _alert(project: Project, name: str) -> list[Command]:
    """Created once, and from then on brought to what its file says."""
    wanted = policy(project, name)
    content = f"--policy={json.dumps(wanted, ensure_ascii=False)}"
    there = policies_named(project, wanted["displayName"])
    told = text("--set-notification-channels=", project.alert_channels())
    return [
        project.gcloud("alpha monitoring policies create", content, unless=IsThere(there)),
        project.gcloud("alpha monitoring policies update", text(there), content, told),
    ]


def _uptime(project: Project) -> Command:
    """Google asks from several continents, through Hosting and the function down to the database."""
    there = project.gcloud("monitoring uptime list-configs --format=value(name)", f'--filter=displayName="{OUTSIDE}"')
    return project.gcloud(
        "monitoring uptime create",
        OUTSIDE,
        "--resource-type=uptime-url",
        f"--resource-labels=host={project.id}.web.app,project_id={project.id}",
        "--protocol=https",
        "--path=/listings?limit=1",
        "--period=5",
        "--timeout=30",
        "--user-labels=made_by=make-deploy",
        unless=IsThere(there),
    )


def dashboards(project: Project) -> Command:
    """Prints the name of the dashboard."""
    return project.gcloud("monitoring dashboards list --format=value(name)", f'--filter=displayName="{DASHBOARD}"')


def _dashboard(project: Project) -> list[Command]:
    """Created once, and from then on brought to what its file says. Google wants to be told which state is replaced."""
    content = json.dumps(json.loads((FOLDER / "dashboard.json").read_text()))
    there = dashboards(project)
    state = project.gcloud("monitoring dashboards list --format=value(etag)", f'--filter=displayName="{DASHBOARD}"')
    return [
        project.gcloud("monitoring dashboards create", f"--config={content}", unless=IsThere(there)),
        project.gcloud(
            "monitoring dashboards update", text(there), text('--config={"etag": "', state, '", ', content[1:])
        ),
    ]


def _budget(project: Project) -> list[Command]:
    """Tells the administrators of the billing account, and the operator, when half, all and twice of it is spent."""
    account = project.gcloud(f"billing projects describe {project.id} --format=value(billingAccountName.basename())")
    name = f"API {project.id}"
    of_account = text("--billing-account=", account)
    there = project.gcloud("billing budgets list --format=value(name)", of_account, f'--filter=displayName="{name}"')
    amount = f"--budget-amount={project.budget}"
    rules = [f"--threshold-rule=percent={share}" for share in ("0.5", "1.0", "2.0")]
    create = project.gcloud(
        "billing budgets create",
        of_account,
        f"--display-name={name}",
        amount,
        f"--filter-projects=projects/{project.id}",
        *rules,
        unless=IsThere(there),
    )
    return [create, project.gcloud("billing budgets update", text(there), amount)]
