"""The Firestore database: its indexes, the fields that expire, its backups."""

import json
import sys
from typing import Any

from infra.cloud.manifest import ROOT
from infra.cloud.plan import THERE_ALREADY, Check, Command
from infra.cloud.project import DATABASE, Project


def database(project: Project) -> Command:
    """Cannot be deleted by mistake, and keeps every version of the last seven days for a restore."""
    how = f"--location={project.location} --type=firestore-native --delete-protection --enable-pitr"
    return project.gcloud(f"firestore databases create {DATABASE} {how}", fine=THERE_ALREADY)


def protection(project: Project) -> Command:
    """The same for a database that was there before, such as a restored one."""
    return project.gcloud(f"firestore databases update {DATABASE} --delete-protection --enable-pitr")


def indexes(project: Project) -> list[Command]:
    """One after another, because Firestore refuses to begin two at once; they are built side by side all the same."""
    return [
        project.gcloud(f"firestore indexes composite create {DATABASE} {flags} --async", fine=THERE_ALREADY)
        for flags in composite_flags()
    ]


def indexes_ready(project: Project) -> Command:
    """Waits, before code that needs them is deployed: on a large collection an index takes a while to build."""
    return project.gcloud(
        f"firestore indexes composite list {DATABASE} --filter=state!=READY --format=value(name,state)", until=""
    )


def composite_flags() -> list[str]:
    """The composite indexes of the file, as gcloud wants them."""
    return [
        " ".join(
            [
                f"--collection-group={index['collectionGroup']} --query-scope={_hyphens(index['queryScope'])}",
                *(f"--field-config=field-path={field['fieldPath']},{_kind(field)}" for field in index["fields"]),
            ]
        )
        for index in index_file()["indexes"]
    ]


def fields(project: Project) -> list[list[Command]]:
    """Fields with other single indexes than Firestore's own, and those by which documents expire."""
    lanes: dict[str, list[Command]] = {}
    for field in index_file()["fieldOverrides"]:
        group, path = field["collectionGroup"], field["fieldPath"]
        where = f"{path} --collection-group={group} {DATABASE}"
        if any(index["queryScope"] != "COLLECTION" for index in field["indexes"]):
            sys.exit(f"firestore.indexes.json, {group}.{path}: gcloud makes no single index of a collection group.")
        flags = [f"--index={_kind(index)}" for index in field["indexes"]]
        lane = lanes.setdefault(group, [])
        lane.append(project.gcloud(f"firestore indexes fields update {where} {' '.join(flags) or '--disable-indexes'}"))
        if field.get("ttl"):
            lane.append(_expiry(project, where, f"{group}/fields/{path}"))
    return list(lanes.values())


def _expiry(project: Project, where: str, name: str) -> Command:
    there = project.gcloud(f"firestore fields ttls list {DATABASE} --format=value(name)")
    return project.gcloud(f"firestore fields ttls update {where} --enable-ttl --async", unless=Check(there, name))


def backups(project: Project) -> list[list[Command]]:
    """Days to look for a mistake in, and months to notice it. Firestore allows one schedule of each kind."""
    kinds = {"dailyRecurrence": "--recurrence=daily --retention=7d"}
    kinds["weeklyRecurrence"] = "--recurrence=weekly --day-of-week=SUN --retention=14w"
    there = project.gcloud(f"firestore backups schedules list {DATABASE} --format=json")
    make = f"firestore backups schedules create {DATABASE}"
    return [[project.gcloud(f"{make} {how}", unless=Check(there, kind))] for kind, how in kinds.items()]


def index_file() -> dict[str, Any]:
    spec: dict[str, Any] = json.loads((ROOT / "infra/firestore.indexes.json").read_text())
    return spec


def _kind(field: dict[str, str]) -> str:
    return f"order={field['order'].lower()}" if "order" in field else f"array-config={field['arrayConfig'].lower()}"


def _hyphens(constant: str) -> str:
    return constant.lower().replace("_", "-")
