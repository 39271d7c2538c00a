"""Known vulnerabilities of the pinned packages, as PyPI lists them. Part of `make check`.

Where PyPI's data cannot be reached nothing is known, which is said and is no failure.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "tests/requirements.txt")
PATIENCE_SECONDS = 300


def main() -> int:
    try:
        packages = report()
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        print(f"Vulnerabilities: not checked, PyPI's data cannot be reached ({type(error).__name__}).")
        return 0
    return judge(packages)


def report() -> list[dict[str, Any]]:
    """What pip-audit says of each pinned package.

    Raises:
        ValueError: It has ended without a report, as it does without a network.
    """
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service=pypi", "--format=json"]
    command += ["--no-deps", "--disable-pip", "--progress-spinner=off"]  # All that is installed is pinned by name.
    command += [f"--requirement={ROOT / name}" for name in FILES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    return packages


def judge(packages: list[dict[str, Any]]) -> int:
    """Prints what is wrong; 1 when a package is vulnerable."""
    checked = [package for package in packages if "skip_reason" not in package]
    for package in checked:
        for found in package["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}")
    if len(checked) < len(packages):
        print(f"Vulnerabilities: {len(packages) - len(checked)} of {len(packages)} packages could not be checked.")
    elif not any(package["vulns"] for package in checked):
        print(f"Vulnerabilities: none known in {len(checked)} packages.")
    return int(any(package["vulns"] for package in checked))


if __name__ == "__main__":
    sys.exit(main())
