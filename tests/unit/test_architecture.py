"""Imports point one way: functions → usecases, adapters → domain; heavy libraries stay where they belong."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers/core/catalight"
ADAPTER_LIBRARIES = {"boto3", "botocore", "pymongo", "bson", "PIL", "requests", "urllib3", "standardwebhooks"}


def imported(path: Path) -> set[str]:
    """The dotted names that a module imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return names


def modules(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, folder
    return found


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def within(path: Path, package: str) -> set[str]:
    """The names that a module imports from a package of ours."""
    return {name for name in imported(path) if name == package or name.startswith(f"{package}.")}


@pytest.mark.parametrize("path", modules(CORE / "domain"), ids=lambda path: path.stem)
def test_the_domain_imports_the_standard_library_and_itself_only(path: Path) -> None:
    assert tops(path) <= sys.stdlib_module_names | {"catalight"}
    assert within(path, "catalight") == within(path, "catalight.domain")


@pytest.mark.parametrize("path", modules(CORE / "usecases"), ids=lambda path: path.stem)
def test_use_cases_import_the_domain_and_each_other_only(path: Path) -> None:
    assert tops(path) <= sys.stdlib_module_names | {"catalight"}
    allowed = within(path, "catalight.domain") | within(path, "catalight.usecases")
    assert within(path, "catalight") == allowed


@pytest.mark.parametrize("path", modules(CORE / "adapters"), ids=lambda path: path.stem)
def test_adapters_import_no_use_case_and_no_function(path: Path) -> None:
    assert not within(path, "catalight.usecases")
    assert "functions" not in tops(path)


@pytest.mark.parametrize(
    "path", modules(ROOT / "functions"), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_function_imports_no_other_function_and_nothing_local(path: Path) -> None:
    own = f"functions.{path.parent.name}"
    assert within(path, "functions") <= within(path, own) | {"functions"}
    assert not tops(path) & {"local", "tests", "bench"}


def test_only_adapters_and_composition_roots_know_the_libraries_of_the_outside() -> None:
    roots = {"handler.py", "services.py"}
    for path in modules(CORE) + modules(ROOT / "functions"):
        if CORE / "adapters" not in path.parents and path.name not in roots:
            assert not tops(path) & ADAPTER_LIBRARIES, path


def test_pillow_is_imported_by_the_image_function_alone_and_fastapi_by_the_api_alone() -> None:
    """And that only in the sandbox's child, where it can harm nobody."""
    users = {path for path in modules(ROOT / "functions") if "catalight.adapters.sandbox" in imported(path)}
    assert users == {ROOT / "functions/images/handler.py"}
    everywhere = modules(CORE) + modules(ROOT / "functions")
    codec = "catalight.adapters.codec"
    assert [path.name for path in everywhere if codec in imported(path)] == ["codec_worker.py"]
    assert not [path for path in everywhere if "catalight.adapters.codec_worker" in imported(path)]
    parts = CORE / "adapters/pictures"
    assert {path.parent for path in modules(CORE) if "PIL" in tops(path)} == {parts}
    whole = [path for path in everywhere if within(path, "catalight.adapters.pictures")]
    assert [path.name for path in whole if path.parent != parts] == ["codec.py"]
    assert not [path for path in modules(CORE) if tops(path) & {"fastapi", "starlette", "mangum", "pydantic"}]
