"""What a cold start leaves out: garbage collection, compiling, and modules that a function does not use."""

import _sre
import ast
import marshal
import os
import re
import subprocess
import sys
from dataclasses import make_dataclass
from pathlib import Path

import pytest

from catalight.compiled import VERSIONS
from local.built.compiled import arguments, recorded

HANDLERS = sorted((Path(__file__).parents[2] / "functions").glob("*/handler.py"))
READER = ("catalogue", "columns", "column_words", "header_choice", "sources", "urls")


def after_imports(code: str, *functions: str) -> set[str]:
    """Return the words that `code` prints in a process that has imported these functions' handlers."""
    imports = ", ".join(f"functions.{function}.handler" for function in functions)
    environment = os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", f"import gc, sys, {imports}; {code}"]
    answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return set(answer.stdout.split())


# Loads a file of the build, and counts what is compiled for a class and a pattern, and for a later pattern.
IMPORT = """
import dataclasses, re, sys
from pathlib import Path
from catalight import compiled as build
build.load(Path(sys.argv[1]))
compiled = []
sys.addaudithook(lambda event, of: compiled.append(of[0]) if event == "compile" else None)
parse = re._parser.parse
re._parser.parse = lambda *of: compiled.append(of) or parse(*of)
Size = dataclasses.make_dataclass("Size", [("width", int), ("height", int, 2)], frozen=True, slots=True)
found = re.compile("(?P<width>[0-9]+)x").match("3x")
build.unload()
print(len(compiled), Size(**found.groupdict()), Size(3) == Size(3, 2))
re.purge()
re.compile("(?P<width>[0-9]+)x")
print(len(compiled), "exec" in vars(dataclasses))
"""
PATTERNS: list[tuple[str | bytes, re.RegexFlag]] = [
    ("", re.NOFLAG),
    (r"(?P<year>\d{4})-(\d\d)(?:-(?P<day>\d\d))?", re.NOFLAG),
    (r"(?P<year>[0-9]{4})", re.ASCII | re.VERBOSE),
    (r"(?is)<(a)\b[^>]*+>(?!x)(?<=>)(.*?)</\1>", re.MULTILINE),
    ("[äÄ-Ö\\s\ud800]|ﬀ", re.IGNORECASE),
    (rb"\xff(?P<kind>[\xc0-\xc3])", re.DOTALL),
    (rb"\w+", re.LOCALE),
]


def imported(compiled: Path) -> list[str]:
    """Return the lines that IMPORT prints."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", IMPORT, str(compiled)]
    answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return answer.stdout.splitlines()


def write(file: Path, versions: bytes = VERSIONS) -> None:
    """Write the file with which IMPORT need not compile."""
    with recorded() as compiled:
        make_dataclass("Size", [("width", int), ("height", int, 2)], frozen=True, slots=True)
        re.compile("(?P<width>[0-9]+)x")
    compiled.write(file, versions)


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


def test_what_the_build_compiled_is_loaded_until_imports_are_finished(tmp_path: Path) -> None:
    write(tmp_path / "compiled")
    assert imported(tmp_path / "compiled") == ["0 Size(width='3', height=2) True", "1 False"]


@pytest.mark.parametrize("versions", [b"", b"other versions"], ids=["no file", "other versions"])
def test_what_was_not_compiled_for_this_python_is_compiled(tmp_path: Path, versions: bytes) -> None:
    if versions:
        write(tmp_path / "compiled", versions)
    assert imported(tmp_path / "compiled") == ["2 Size(width='3', height=2) True", "3 False"]


@pytest.mark.parametrize(("pattern", "flags"), PATTERNS)
def test_a_stored_pattern_is_the_same_as_that_of_re(pattern: str | bytes, flags: re.RegexFlag) -> None:
    stored = marshal.loads(marshal.dumps(arguments(pattern, flags.value)))
    loaded, usual = _sre.compile(pattern, *stored), re.compile(pattern, flags)
    assert loaded == usual  # of pattern, flags and code
    assert (loaded.groups, loaded.groupindex) == (usual.groups, usual.groupindex)
