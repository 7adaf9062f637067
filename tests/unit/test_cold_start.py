"""What a cold start leaves out: garbage collection, compiling, and modules that a function does not use."""

import ast
import dataclasses
import marshal
import os
import subprocess
import sys
from dataclasses import make_dataclass
from importlib.util import MAGIC_NUMBER
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


# Loads a file of methods, and counts what dataclasses compiles itself for a class with a default.
MAKE_CLASS = """
import dataclasses, sys
from pathlib import Path
from catalight import imports
imports.load(Path(sys.argv[1]))
compiled = []
sys.addaudithook(lambda event, of: compiled.append(of[0]) if event == "compile" else None)
Size = dataclasses.make_dataclass("Size", [("width", int), ("height", int, 2)], frozen=True, slots=True)
imports.finished()
print(len(compiled), Size(3) == Size(3, 2), Size(3), "exec" in vars(dataclasses))
"""


def made_class(methods: Path) -> str:
    """Return what MAKE_CLASS prints."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", MAKE_CLASS, str(methods)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def write_methods(file: Path, magic: bytes = MAGIC_NUMBER) -> None:
    """Write the file with which MAKE_CLASS need not compile."""
    sources: dict[str, bytes] = {}

    def record(source: str, module: dict[str, object], found: dict[str, object]) -> None:
        sources[source] = marshal.dumps(compile(source, "<string>", "exec"))
        exec(source, module, found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vars(dataclasses), "exec", record)
        make_dataclass("Size", [("width", int), ("height", int, 2)], frozen=True, slots=True)
    file.write_bytes(magic + marshal.dumps(sources))


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


def test_methods_of_dataclasses_are_loaded(tmp_path: Path) -> None:
    write_methods(tmp_path / "methods")
    assert made_class(tmp_path / "methods") == "0 True Size(width=3, height=2) False\n"


@pytest.mark.parametrize("content", [b"", b"another Python's"], ids=["no file", "another Python's"])
def test_methods_of_dataclasses_are_compiled_where_none_are_stored(tmp_path: Path, content: bytes) -> None:
    if content:
        write_methods(tmp_path / "methods", magic=content)
    assert made_class(tmp_path / "methods") == "1 True Size(width=3, height=2) False\n"
