"""Imports go one way: functions → usecases, adapters → domain; heavy libraries stay in their modules."""

import ast
import re
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers/core/catalight"
ADAPTER_LIBRARIES = {
    *("boto3", "botocore", "pymongo", "bson", "PIL", "python_calamine", "requests", "urllib3"),
    *("standardwebhooks", "xlsxwriter"),
}


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


def top_level(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def within(path: Path, package: str) -> set[str]:
    """The names that a module imports from one of our own packages."""
    return {name for name in imported(path) if name == package or name.startswith(f"{package}.")}


@pytest.mark.parametrize("path", modules(CORE / "domain"), ids=lambda path: path.stem)
def test_the_domain_imports_only_the_standard_library_and_itself(path: Path) -> None:
    assert top_level(path) <= sys.stdlib_module_names | {"catalight"}
    assert within(path, "catalight") == within(path, "catalight.domain")


@pytest.mark.parametrize("path", modules(CORE / "usecases"), ids=lambda path: path.stem)
def test_use_cases_import_only_the_domain_and_each_other(path: Path) -> None:
    assert top_level(path) <= sys.stdlib_module_names | {"catalight"}
    allowed = within(path, "catalight.domain") | within(path, "catalight.usecases")
    assert within(path, "catalight") == allowed


@pytest.mark.parametrize("path", modules(CORE / "adapters"), ids=lambda path: path.stem)
def test_adapters_import_no_use_case_and_no_function(path: Path) -> None:
    assert not within(path, "catalight.usecases")
    assert "functions" not in top_level(path)


@pytest.mark.parametrize(
    "path", modules(ROOT / "functions"), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_function_imports_no_other_function_and_nothing_local(path: Path) -> None:
    own = f"functions.{path.parent.name}"
    assert within(path, "functions") <= within(path, own) | {"functions"}
    assert not top_level(path) & {"local", "tests", "bench"}


def test_only_adapters_and_composition_roots_import_infrastructure_libraries() -> None:
    roots = {"handler.py", "services.py"}
    for path in modules(CORE) + modules(ROOT / "functions"):
        if CORE / "adapters" not in path.parents and path.name not in roots:
            assert not top_level(path) & ADAPTER_LIBRARIES, path


def test_only_the_codecs_child_imports_pillow() -> None:
    """Only the sandbox's child process imports the codec, so a malicious image can harm no other code."""
    everywhere = modules(CORE) + modules(ROOT / "functions")
    codec = CORE / "adapters/codec"
    users = {path for path in everywhere if "catalight.adapters.codec.sandbox" in imported(path)}
    assert users == {ROOT / "functions/images/handler.py"}
    importers = [path for path in everywhere if "catalight.adapters.codec.compress" in imported(path)]
    assert importers == [codec / "worker.py"]
    importers = [path for path in everywhere if "catalight.adapters.codec.worker" in imported(path)]
    assert importers == [codec / "fork_server.py"]
    assert not [path for path in everywhere if "catalight.adapters.codec.fork_server" in imported(path)]
    images = set(modules(codec / "images"))
    assert {path for path in modules(CORE) if "PIL" in top_level(path)} <= images
    users = {path for path in everywhere if within(path, "catalight.adapters.codec.images")}
    assert users - images == {codec / "compress.py"}


def test_workbooks_are_read_by_one_module_without_input_or_output() -> None:
    """So a child process that may only compute can run it: nothing of it is imported elsewhere or later."""
    folder = CORE / "adapters/tables"
    large = folder / "large"
    processes = {place / name for place in (folder, large) for name in ("reader.py", "worker.py")}
    tables = set(modules(folder)) - processes
    readers = [path for path in modules(CORE) if "catalight.adapters.tables.read" in imported(path)]
    assert readers == [large / "worker.py", folder / "worker.py"]
    readers = [path for path in modules(CORE) if "catalight.adapters.tables.large.workbook" in imported(path)]
    assert readers == [large / "worker.py"]
    reads = {"python_calamine", "xml", "zipfile"}
    assert {path for path in modules(CORE) + modules(ROOT / "functions") if top_level(path) & reads} <= tables
    for path in tables:
        assert not top_level(path) & {"os", "pathlib", "socket", "subprocess", "tempfile", "threading"}, path
        tree = ast.parse(path.read_text())
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        inner = [node for function in functions for node in ast.walk(function)]
        assert not [node for node in inner if isinstance(node, ast.Import | ast.ImportFrom)], path


def test_the_command_line_stands_alone() -> None:
    """It is installed by itself, so it imports nothing of Catalight and no library that it does not name."""
    project = tomllib.loads((ROOT / "cli/pyproject.toml").read_text())["project"]
    named = {re.split(r"[<>=,]", dependency)[0] for dependency in project["dependencies"]}
    assert named == {"httpx", "rich", "standardwebhooks", "typer"}
    for path in modules(ROOT / "cli/catalight_cli"):
        assert top_level(path) <= sys.stdlib_module_names | named | {"catalight_cli"}, path
    for path in modules(CORE) + modules(ROOT / "functions"):
        assert "catalight_cli" not in top_level(path), path


def test_only_the_api_imports_fastapi() -> None:
    web = {"fastapi", "starlette", "mangum", "pydantic"}
    others = modules(CORE) + [path for path in modules(ROOT / "functions") if path.parent.name != "api"]
    assert not [path for path in others if top_level(path) & web]


# The packages of a layer, and which others each may import. All may import modules directly in the layer.
MAY_IMPORT = {
    "usecases": {
        "ports": set(),
        "callers": {"ports"},
        "results": {"ports"},
        "jobs": {"results", "callers", "ports"},
        "exports": {"results", "jobs", "callers", "ports"},
        "images": {"jobs", "callers", "ports"},
        "webhooks": {"jobs", "callers", "ports"},
        "uploads": {"exports", "results", "jobs", "callers", "ports"},
        "upkeep": {"uploads", "images", "webhooks", "exports", "results", "jobs", "callers", "ports"},
    },
    "domain": {
        "catalogue": set(),
        "image": set(),
        "web": set(),
        "job": {"catalogue", "image", "web"},
    },
    "adapters": {
        "logging": set(),
        "aws": {"logging"},
        "mongo": set(),
        "web": set(),
        "isolation": set(),
        "codec": {"logging", "isolation"},
        "tables": {"logging", "isolation"},
        "results": set(),
    },
}


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_packages_of_a_layer_import_only_from_those_below(layer: str) -> None:
    allowed: dict[str, set[str]] = MAY_IMPORT[layer]
    assert {path.name for path in (CORE / layer).iterdir() if path.is_dir()} - {"__pycache__"} == set(allowed)
    for package, below in allowed.items():
        for path in modules(CORE / layer / package):
            names = {
                name.split(".")[2] for name in within(path, f"catalight.{layer}") if name.count(".") >= 2
            }
            assert names & set(allowed) <= below | {package}, path
            assert not [name for name in below if package in allowed[name]], "an import cycle"


def imported_when_loaded(path: Path) -> set[str]:
    """The dotted names that a module imports while it is loaded, but those inside functions or for types."""
    names: set[str] = set()
    nodes: list[ast.AST] = [ast.parse(path.read_text())]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)
    return names


@pytest.mark.parametrize(
    ("base", "package"),
    [(ROOT, "functions"), (ROOT, "local"), (CORE.parent, "catalight"), (ROOT / "cli", "catalight_cli")],
)
def test_no_module_needs_itself_to_load(base: Path, package: str) -> None:
    """A cycle of imports works or fails by which module happens to be loaded first."""
    paths = {
        ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__"): path
        for path in modules(base / package)
    }
    graph = {}
    for name, path in paths.items():
        found = imported_when_loaded(path) & set(paths)
        packages = {module.rpartition(".")[0] for module in found}  # a module may import its siblings
        graph[name] = found - packages - {name}
    TopologicalSorter(graph).prepare()
