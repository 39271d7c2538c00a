"""What of a deploy's work is in a project, so that what has left the tree can leave the project.

A deploy's things are known by their names and labels: accounts begin with ``fn-``, functions and jobs run as such an
account, the rest carries a label. The database is the deploy's own, so all its indexes are.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.cloud import database, monitoring
from infra.cloud.manifest import SECRETS, functions
from infra.cloud.plan import GONE_ALREADY, Command, Stage, command
from infra.cloud.project import BUILDER, DATABASE, Project
from infra.cloud.running import read, run

DISABLED = rf"{GONE_ALREADY}|SERVICE_DISABLED|has not been used in project|is disabled"
"""The answers of a service that is not enabled: it has nothing of ours."""

PRUNED = [
    *("function", "job", "alert", "metric"),
    *("project-role", "secret-role", "bucket-role", "account"),
    *("index", "expiry", "exemption"),
]
"""What leaves the project when it has left the tree, in this order. Secrets and buckets stay: nobody can make anew what
they hold."""


@dataclass(frozen=True)
class Thing:
    """Something that a deploy has made, and the command that removes it."""

    kind: str
    name: str
    remove: Command


def prune(project: Project, remove: bool) -> None:
    """Lists what the tree no longer has, and removes it when told so."""
    leftovers = unwanted(project)
    if not leftovers:
        return
    print("\nIn the project, but no longer in this tree:")
    for each in leftovers:
        print(f"  {each.kind:13} {each.name}")
    if not remove:
        print("PRUNE=1 removes them. Until then they work on, with the code that they had.")
        return
    run([Stage("What the tree no longer has", [[each.remove for each in leftovers]])])


def unwanted(project: Project) -> list[Thing]:
    """What is there and not in the tree, in the order in which it is removed."""
    known = wanted(project)
    rest = [each for each in found(project) if each.kind in PRUNED and (each.kind, each.name) not in known]
    return sorted(rest, key=lambda each: PRUNED.index(each.kind))


def wanted(project: Project) -> set[tuple[str, str]]:
    """Kind and name of everything that this tree wants to be there."""
    every = functions()
    secret_roles = {
        (f"{SECRETS[setting]} {project.account(each.account)}") for each in every for setting in project.secrets(each)
    }
    overrides = database.index_file()["fieldOverrides"]
    return {
        *(("function", each.service) for each in every),
        *(("job", each.service) for each in every if each.schedule),
        *(("alert", monitoring.policy(project, name)["displayName"]) for name in monitoring.ALERTS),
        *(("metric", name) for name in monitoring.METRICS),
        *(("project-role", f"{account} {role}") for account, role in project.roles()),
        *(("secret-role", name) for name in secret_roles),
        *(("bucket-role", f"{project.bucket} {project.account(each.account)}") for each in every if each.needs_bucket),
        *(("account", name) for name in [BUILDER, *(each.account for each in every)]),
        *(("index", _index_name(each["collectionGroup"], each)) for each in database.index_file()["indexes"]),
        *(("exemption", f"{each['collectionGroup']}.{each['fieldPath']}") for each in overrides),
        *(("expiry", f"{each['collectionGroup']}.{each['fieldPath']}") for each in overrides if each.get("ttl")),
    }


def found(project: Project) -> list[Thing]:
    """Everything of a deploy that is in the project."""
    return [
        *_functions(project),
        *_jobs(project),
        *_watchers(project),
        *_project_roles(project),
        *_secrets(project),
        *_buckets(project),
        *_accounts(project),
        *_indexes(project),
    ]


def _functions(project: Project) -> Iterator[Thing]:
    for each in _list(project, f"functions list --v2 --regions={project.region}"):
        if _is_ours(project, each.get("serviceConfig", {}).get("serviceAccountEmail", "")):
            name = _last(each["name"])
            delete = f"functions delete {name} --gen2 --region={project.region}"
            yield Thing("function", name, project.gcloud(delete, fine=GONE_ALREADY))


def _jobs(project: Project) -> Iterator[Thing]:
    for each in _list(project, f"scheduler jobs list --location={project.region}"):
        if _is_ours(project, each.get("httpTarget", {}).get("oidcToken", {}).get("serviceAccountEmail", "")):
            name = _last(each["name"])
            delete = f"scheduler jobs delete {name} --location={project.region}"
            yield Thing("job", name, project.gcloud(delete, fine=GONE_ALREADY))


def _watchers(project: Project) -> Iterator[Thing]:
    ours = f"--filter={monitoring.OURS}"
    for kind, group, verb in (
        ("alert", "alpha monitoring policies", "list"),
        ("uptime", "monitoring uptime", "list-configs"),
    ):
        for each in _list(project, f"{group} {verb}", ours):
            delete = project.gcloud(f"{group} delete {each['name']}", fine=GONE_ALREADY)
            yield Thing(kind, each["displayName"], delete)
    for each in _list(project, "monitoring dashboards list", f'--filter=displayName="{monitoring.DASHBOARD}"'):
        delete = project.gcloud(f"monitoring dashboards delete {each['name']}", fine=GONE_ALREADY)
        yield Thing("dashboard", each["displayName"], delete)
    for each in _list(project, "logging metrics list", f'--filter=description="{monitoring.MADE_BY}"'):
        delete = project.gcloud(f"logging metrics delete {each['name']}", fine=GONE_ALREADY)
        yield Thing("metric", each["name"], delete)


def _project_roles(project: Project) -> Iterator[Thing]:
    policy = command(f"gcloud projects get-iam-policy {project.id} --format=json")
    for account, role in _grants(project, policy):
        remove = f"gcloud projects remove-iam-policy-binding {project.id} --condition=None --format=none"
        member = f"--member=serviceAccount:{account} --role={role}"
        yield Thing("project-role", f"{account} {role}", command(f"{remove} {member}", fine=GONE_ALREADY))


def _secrets(project: Project) -> Iterator[Thing]:
    for each in _list(project, "secrets list"):
        name = _last(each["name"])
        if name not in SECRETS.values() and "made-by" not in each.get("labels", {}):
            continue
        yield from _roles(project, "secret-role", name, "secrets", name)
        yield Thing("secret", name, project.gcloud(f"secrets delete {name}", fine=GONE_ALREADY))


def _buckets(project: Project) -> Iterator[Thing]:
    for each in _list(project, "storage buckets list"):
        name = each["name"]
        if name != project.bucket and "made-by" not in (each.get("labels") or {}):
            continue
        yield from _roles(project, "bucket-role", name, "storage buckets", f"gs://{name}")
        yield Thing("bucket", name, project.gcloud(f"storage rm --recursive gs://{name}", fine=GONE_ALREADY))


def _roles(project: Project, kind: str, name: str, group: str, where: str) -> Iterator[Thing]:
    policy = project.gcloud(f"{group} get-iam-policy {where} --format=json")
    for account, role in _grants(project, policy):
        remove = f"{group} remove-iam-policy-binding {where} --role={role} --format=none"
        member = f"--member=serviceAccount:{account}"
        yield Thing(kind, f"{name} {account}", project.gcloud(f"{remove} {member}", fine=GONE_ALREADY))


def _accounts(project: Project) -> Iterator[Thing]:
    for each in _list(project, "iam service-accounts list"):
        if _is_ours(project, each["email"]):
            delete = project.gcloud(f"iam service-accounts delete {each['email']}", fine=GONE_ALREADY)
            yield Thing("account", each["email"].partition("@")[0], delete)


def _indexes(project: Project) -> Iterator[Thing]:
    for each in _list(project, f"firestore indexes composite list {DATABASE}"):
        group, key = re.findall(r"/collectionGroups/([^/]+)/indexes/([^/]+)", each["name"])[0]
        delete = project.gcloud(f"firestore indexes composite delete {key} {DATABASE}", fine=GONE_ALREADY)
        yield Thing("index", _index_name(group, each), delete)
    for kind, listed, back in (
        ("expiry", "fields ttls", "fields ttls update {} --disable-ttl --async"),
        ("exemption", "indexes fields", "indexes fields update {} --clear-exemption"),
    ):
        for each in _list(project, f"firestore {listed} list {DATABASE}"):
            group, path = re.findall(r"/collectionGroups/([^/]+)/fields/(.+)", each["name"])[0]
            if group != "__default__":
                where = f"{path} --collection-group={group} {DATABASE}"
                yield Thing(kind, f"{group}.{path}", project.gcloud(f"firestore {back.format(where)}"))


def _index_name(group: str, index: dict[str, Any]) -> str:
    """Without ``__name__``, which Firestore adds at the end by itself."""
    fields = [
        f"{each['fieldPath']} {each.get('order') or each.get('arrayConfig')}"
        for each in index["fields"]
        if each["fieldPath"] != "__name__"
    ]
    return f"{group} {index['queryScope']} {', '.join(fields)}"


def _list(project: Project, text: str, *more: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(
        read(project.gcloud(f"{text} --format=json", *more, fine=DISABLED)) or "[]"
    )
    return listed


def _grants(project: Project, policy: Command) -> list[tuple[str, str]]:
    """Account and role of every grant to one of a deploy's accounts."""
    bindings = json.loads(read(policy) or "{}").get("bindings", [])
    granted = [(member.rpartition(":")[2], each["role"]) for each in bindings for member in each.get("members", [])]
    return [(account, role) for account, role in granted if _is_ours(project, account)]


def _is_ours(project: Project, account: str) -> bool:
    return account.startswith("fn-") and account.endswith(f"@{project.id}.iam.gserviceaccount.com")


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]
