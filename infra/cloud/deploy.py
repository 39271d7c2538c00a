"""Brings a Google Cloud project to what this working tree describes: ``make deploy PROJECT=… REGION=…``.

functions.yaml says which functions there are and how large, firebase.json which runtime and addresses, and
infra/firestore.indexes.json which indexes. This file says in which order. Nothing is remembered between two runs: every
command either finds its work done or does it, so a deploy that was interrupted anywhere is completed by the next one.
"""

import os
import sys

from infra.cloud import database, leftovers, monitoring, rollout
from infra.cloud.manifest import MADE_UP, ROOT, SECRETS, SUPPLIED, Function, functions, largest_cpus, release
from infra.cloud.plan import THERE_ALREADY, Check, Command, IsThere, Stage, command, show
from infra.cloud.project import BUILDER, FIREBASE, INSTALL_FIREBASE, MARK, Project
from infra.cloud.running import run
from infra.cloud.secret import add_version, known

APIS = (
    "artifactregistry cloudbuild cloudfunctions cloudresourcemanager cloudscheduler eventarc firebase firebasehosting"
    " firebaserules firestore iam logging monitoring pubsub run secretmanager storage"
)
BUDGET_APIS = " billingbudgets cloudbilling"
PUSH_APIS = " fcm"

NEW_PROJECT_CPUS = 20
"""The vCPUs of Cloud Run that a new project has in a region."""

RANDOM = command("python3 -c", 'import secrets; print(secrets.token_urlsafe(48), end="")')


def plan(project: Project) -> list[Stage]:
    """Every command of a deploy, in order."""
    every = functions()
    first, others = every[:1], every[1:]
    stages = [
        Stage("The project and its services", [[_project(project), _services(project)]]),
        Stage(
            "The database, the accounts, the secrets, the bucket, Firebase",
            [
                [database.database(project), database.protection(project)],
                *_accounts(project, every),
                *_secrets(project),
                *_bucket(project, every),
                _firebase(project),
            ],
        ),
        Stage(
            "Rights, indexes, expiry, backups, logs",
            [
                _project_roles(project),
                *_secret_roles(project, every),
                *_bucket_roles(project, every),
                database.indexes(project),
                *database.fields(project),
                *database.backups(project),
                *monitoring.logs(project),
            ],
        ),
        Stage("The indexes are built", [[database.indexes_ready(project)]]),
        # The first function of a project makes the repository of the images; many at once race for it.
        Stage("The first function", [rollout.function(project, each) for each in first]),
        Stage("The other functions", [rollout.function(project, each) for each in others]),
        Stage("Who may call them", [[rollout.callers(project, each)] for each in every]),
        Stage("The new revisions answer", [lane for each in every if (lane := rollout.trial(project, each))]),
        Stage("The traffic", [[rollout.traffic(project, each)] for each in every]),
        Stage("Schedules", [rollout.schedule(project, each) for each in every if each.schedule]),
        Stage("Rules, pages and addresses", [[_rules_and_hosting(project)]]),
        Stage("A first request, all the way to the database", [[_first_request(project)]]),
        *monitoring.stages(project),
    ]
    return [stage for stage in stages if stage.lanes]


def _project(project: Project) -> Command:
    """Comes first, so that a wrong name or a missing login is told before anything else."""
    return command(f"gcloud projects describe {project.id}")


def _services(project: Project) -> Command:
    names = APIS + (BUDGET_APIS if project.budget else "") + (PUSH_APIS if project.push else "")
    return project.gcloud(f"services enable {' '.join(f'{name}.googleapis.com' for name in names.split())}")


def _accounts(project: Project, every: list[Function]) -> list[list[Command]]:
    described = {each.account: f"Function {each.service}" for each in every} | {BUILDER: "Builds the functions"}
    return [
        [project.gcloud(f"iam service-accounts create {name}", f"--display-name={text}", fine=THERE_ALREADY)]
        for name, text in described.items()
    ]


def _secrets(project: Project) -> list[list[Command]]:
    """Piped in: what stands on a command line, everybody on the machine sees.

    A secret that is made up gets one version, and gets it also when an earlier run has made the secret alone.
    """
    return [_made_up(project, secret) for secret in MADE_UP.values()] + [
        add_version(project, name) for name in SUPPLIED if os.environ.get(name)
    ]


def _made_up(project: Project, secret: str) -> list[Command]:
    versions = project.gcloud(f"secrets versions list {secret} --limit=1 --format=value(name)")
    return [
        project.gcloud(f"secrets create {secret} --replication-policy=automatic --labels={MARK}", fine=THERE_ALREADY),
        project.gcloud(f"secrets versions add {secret} --data-file=-", stdin=RANDOM, unless=IsThere(versions)),
    ]


def _bucket(project: Project, every: list[Function]) -> list[list[Command]]:
    """Private: nobody can make an object of it public. The functions hand out the pictures. What is deleted is gone."""
    if not any(each.needs_bucket for each in every):
        return []
    closed = "--uniform-bucket-level-access --public-access-prevention --soft-delete-duration=0"
    where = f"gs://{project.bucket}"
    return [
        [
            project.gcloud(f"storage buckets create {where} --location={project.region} {closed}", fine=THERE_ALREADY),
            project.gcloud(f"storage buckets update {where} {closed} --update-labels={MARK}"),
        ]
    ]


def _firebase(project: Project) -> list[Command]:
    """Makes it a Firebase project with a Hosting site, which gcloud cannot and firebase-tools can."""
    is_firebase = Check(project.firebase("apps:list"))
    has_site = Check(project.firebase("hosting:sites:list"), "web.app")
    return [
        INSTALL_FIREBASE,
        command(f"{FIREBASE} projects:addfirebase {project.id} --non-interactive", unless=is_firebase),
        project.firebase(f"hosting:sites:create {project.id}", unless=has_site),
    ]


def _project_roles(project: Project) -> list[Command]:
    """One after another, because all of them change the one policy of the project."""
    add = f"gcloud projects add-iam-policy-binding {project.id} --condition=None --format=none"
    return [command(f"{add} --member=serviceAccount:{account} --role={role}") for account, role in project.roles()]


def _secret_roles(project: Project, every: list[Function]) -> list[list[Command]]:
    add = "--role=roles/secretmanager.secretAccessor --format=none --member=serviceAccount:"
    lanes = [
        [
            project.gcloud(f"secrets add-iam-policy-binding {secret} {add}{project.account(each.account)}")
            for each in every
            if setting in project.secrets(each)
        ]
        for setting, secret in SECRETS.items()
    ]
    return [lane for lane in lanes if lane]


def _bucket_roles(project: Project, every: list[Function]) -> list[list[Command]]:
    add = f"storage buckets add-iam-policy-binding gs://{project.bucket} --role=roles/storage.objectAdmin --format=none"
    lane = [
        project.gcloud(f"{add} --member=serviceAccount:{project.account(each.account)}")
        for each in every
        if each.needs_bucket
    ]
    return [lane] if lane else []


def _rules_and_hosting(project: Project) -> Command:
    """Neither has gcloud commands. After the functions, because Hosting looks up where they are."""
    return project.firebase("deploy --only=firestore:rules,hosting")


def _first_request(project: Project) -> Command:
    return command(f"{rollout.PATIENT_CURL} {project.address}/listings?limit=1")


def main() -> None:
    """Deploys, or with DRY_RUN=1 prints what a deploy types. Then lists what the tree no longer has."""
    os.chdir(ROOT)
    project = Project.typed("deploy")
    check_quota(project)
    project.use_credentials_of_gcloud()
    project = known(project)
    if os.environ.get("DRY_RUN"):
        show(plan(project))
        return
    print(f"Release {release()} to {project.id}.")
    run(plan(project))
    leftovers.prune(project, remove=bool(os.environ.get("PRUNE")))
    print(f"\nThe API: {project.address}/docs, release {release()}")
    print(f"The first admin: make admin EMAIL=… PASSWORD=… PROJECT={project.id}")
    print(f"Back to the release before: make rollback PROJECT={project.id} REGION={project.region}")


def check_quota(project: Project) -> None:
    """Says before anything is done whether the region's quota carries the largest function.

    Raises:
        SystemExit: The quota of a new project does not, and the operator has not said that it was raised.
    """
    needed, given = largest_cpus(), float(os.environ.get("CPU_QUOTA") or NEW_PROJECT_CPUS)
    print(f"The largest function may take {needed:g} vCPU, {project.region} gives {given:g}.", file=sys.stderr)
    if needed > given:
        sys.exit(
            "A deploy would be refused. Raise the quota in https://console.cloud.google.com/iam-admin/quotas "
            f"(Cloud Run Admin API, Total CPU allocation, {project.region}) and type the new one as "
            f"CPU_QUOTA={needed:g}, or lower maxInstances in functions.yaml."
        )


if __name__ == "__main__":
    main()
