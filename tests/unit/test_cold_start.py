"""What a cold start leaves out: garbage collection, and modules that a function does not use."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

HANDLERS = sorted((Path(__file__).parents[2] / "functions").glob("*/handler.py"))
READER = ("catalogue", "columns", "column_words", "header_choice", "sources", "urls")


def after_imports(code: str, *functions: str) -> set[str]:
    """Return the words that `code` prints in a process that has imported these functions' handlers."""
    imports = ", ".join(f"functions.{function}.handler" for function in functions)
    environment = os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", f"import gc, sys, {imports}; {code}"]
    answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return set(answer.stdout.split())


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_handlers_collect_no_garbage_until_all_is_imported(handler: Path) -> None:
    _, first, *_, last = ast.parse(handler.read_text()).body
    assert ast.unparse(first) == "from catalight import imports"
    assert ast.unparse(last) == "imports.finished()"


def test_garbage_is_collected_afterwards_but_not_among_what_was_imported() -> None:
    assert after_imports("print(gc.isenabled(), gc.get_freeze_count() > 50_000)", "sweeper") == {"True"}


def test_workers_import_no_reader_of_catalogues() -> None:
    loaded = after_imports("print(*sys.modules)", "images", "sweeper", "dead_letters", "keys")
    assert "catalight.domain.job.job" in loaded
    assert not loaded & {f"catalight.domain.catalogue.{name}" for name in READER}
