"""Imports go downwards only, and in no circle: a module can be read with nothing but what is below it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_NOT_IMPORT = {
    "shared": ("functions", "infra", "tests", "main"),
    "functions": ("infra", "tests", "main"),
    "infra": ("tests", "main"),
    "shared.web": ("google.cloud",),
    "shared.data": ("flask", "shared.web", "functions_framework"),
    "shared.models": ("flask", "google.cloud", "shared.data", "shared.web"),
    "shared.feed": ("flask", "google", "grpc", "pydantic", "shared.data", "shared.models", "shared.web"),
    "shared.delivery": ("flask", "shared.web"),
}
"""By package: what none of its modules may import."""


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("shared", "functions", "infra"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


MODULES = dict(modules())


def imported(path: Path) -> set[str]:
    """The modules that a file imports when it is imported itself; those inside of functions come later."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else node.module for name in inner}
    return names


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


IMPORTS = {module: imported(path) for module, path in MODULES.items()}


@pytest.mark.parametrize("package", MAY_NOT_IMPORT)
def test_nothing_is_imported_from_above(package: str) -> None:
    wrong = {
        (module, name)
        for module, names in IMPORTS.items()
        for name in names
        if is_in(module, package) and any(is_in(name, other) for other in MAY_NOT_IMPORT[package])
    }
    assert wrong == set()


def test_no_imports_go_in_a_circle() -> None:
    left = {module: {name for name in names if name in MODULES} - {module} for module, names in IMPORTS.items()}
    while ready := [module for module, names in left.items() if not names]:
        for module in ready:
            del left[module]
        for names in left.values():
            names.difference_update(ready)
    assert left == {}


def test_the_feeds_rules_are_pure() -> None:
    used = {
        name.partition(".")[0] for module, names in IMPORTS.items() if is_in(module, "shared.feed") for name in names
    }
    assert used <= {
        "collections",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "hashlib",
        "math",
        "struct",
        "typing",
        "shared",
    }
