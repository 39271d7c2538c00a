"""Gives a project a secret that only the operator knows: ``make secret NAME=SMTP_URL PROJECT=…``.

The value comes from the environment or is asked for without an echo. It goes to gcloud by its input, so that it stands
in no command line, no log and no file. A deploy then hands it to the functions that use it.
"""

import getpass
import os
import sys
from dataclasses import replace

from infra.cloud.manifest import ROOT, SECRETS, SUPPLIED, ask
from infra.cloud.plan import THERE_ALREADY, Check, Command, Stage, command
from infra.cloud.project import MARK, Project
from infra.cloud.running import run


def add_version(project: Project, name: str) -> list[Command]:
    """Stores the value that the environment has under this name, unless it is stored already."""
    secret = SECRETS[name]
    value = command("python3 -c", f'import os; print(os.environ["{name}"], end="")')
    newest = project.gcloud(f"secrets versions access latest --secret={secret}")
    same = command("python3 -c", f'import os, sys; sys.exit(sys.stdin.read() != os.environ["{name}"])', stdin=newest)
    return [
        project.gcloud(f"secrets create {secret} --replication-policy=automatic --labels={MARK}", fine=THERE_ALREADY),
        project.gcloud(f"secrets versions add {secret} --data-file=-", stdin=value, unless=Check(same)),
    ]


def known(project: Project) -> Project:
    """The project with the supplied secrets that it has, or that the environment is about to give it."""
    there = ask(f"gcloud secrets list --format=value(name.basename()) --project={project.id}").split()
    return replace(
        project, supplied=tuple(name for name, secret in SUPPLIED.items() if secret in there or os.environ.get(name))
    )


def main() -> None:
    """Asks for the value if the environment does not have it, and stores it."""
    os.chdir(ROOT)
    name, id_ = os.environ.get("NAME", ""), os.environ.get("PROJECT", "")
    if name not in SUPPLIED or not id_:
        sys.exit(f"Type: make secret NAME={'|'.join(SUPPLIED)} PROJECT=my-project")
    value = os.environ.get(name) or getpass.getpass(f"{name} (not shown): ")
    if not value.strip():
        sys.exit("Nothing was stored.")
    os.environ[name] = value.strip()
    run([Stage(f"The secret {SECRETS[name]}", [add_version(Project(id_, region="", location=""), name)])])
    print(f"\nType make deploy PROJECT={id_} REGION=…, and the functions get it.")


if __name__ == "__main__":
    main()
