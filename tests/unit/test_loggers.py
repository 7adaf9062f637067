"""All that the functions log passes the filter of adapters/logging, which has the loggers `catalight.…`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalight.adapters.logging.logs import SERVICE

ROOT = Path(__file__).parents[2]
SOURCES = {
    ".".join(path.relative_to(base).with_suffix("").parts): path
    for base, folder in ((ROOT, "functions"), (ROOT / "layers/core", "catalight"))
    for path in sorted((base / folder).rglob("*.py"))
}
BYPASSES = {
    "print",
    "traceback.print_exc",
    "warnings.warn",
    *(f"logging.{level}" for level in ("debug", "info", "warning", "error", "exception", "critical", "log")),
}
# The name is that of the logger itself, and a level that is set writes nothing.
OTHERS = {
    ("catalight.adapters.aws.records", "logger.name"),
    ("catalight.adapters.web.http", "'urllib3'"),
    ("functions.api.form_charset", "'python_multipart'"),
    ("catalight.adapters.logging.logs", "the root logger"),
}


def calls(path: Path) -> Iterator[tuple[str, list[ast.expr]]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.args


@pytest.mark.parametrize("module", SOURCES)
def test_every_logger_is_below_the_one_with_the_filter(module: str) -> None:
    for function, arguments in calls(SOURCES[module]):
        if function not in ("logging.getLogger", "getLogger"):
            continue
        written = ast.unparse(arguments[0]) if arguments else "the root logger"
        name = module if written == "__name__" else written.strip("'")
        assert name.startswith(f"{SERVICE}.") or (module, written) in OTHERS, written


@pytest.mark.parametrize("module", SOURCES)
def test_nothing_is_printed_or_logged_without_a_logger(module: str) -> None:
    assert BYPASSES.isdisjoint(function for function, _ in calls(SOURCES[module]))


def test_the_search_finds_the_loggers() -> None:
    found = [module for module, path in SOURCES.items() if "logging.getLogger" in dict(calls(path))]
    assert {
        "functions.dead_letters.handler",
        "functions.api.problems",
        "catalight.adapters.mongo.connection",
    } < {*found}
