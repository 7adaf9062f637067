"""Loads what Python would compile at each start, as it loads the bytecode of modules.

That is regular expressions, and the methods of dataclasses, which `dataclasses` writes as source. The build
compiles those of Catalight and of its libraries (`local/built/compiled.py`). Others are compiled as usual.
"""

import _sre
import dataclasses
import marshal
import re
from collections.abc import Callable
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("compiled.bin")
VERSIONS = MAGIC_NUMBER + _sre.MAGIC.to_bytes(4)
"""Of the bytecode of Python and of regular expressions, with which the file begins."""

# Marshalled: a source's code; the arguments of `_sre.compile` for a pattern and its flags.
_methods: dict[str, bytes] = {}
_patterns: dict[tuple[str | bytes, int], bytes] = {}
_compile_pattern: Callable[..., Any] = vars(re)["_compiler"].compile


def _run(source: str, module: dict[str, Any], found: dict[str, Any]) -> None:
    """Stand for exec() in `dataclasses`."""
    code = _methods.get(source)
    exec(marshal.loads(code) if code else source, module, found)  # noqa: S102, S302 - as dataclasses does


def _pattern(pattern: Any, flags: int = 0) -> Any:
    """Stand for re's own compile()."""
    arguments = _patterns.get((pattern, flags))
    if arguments is None:
        return _compile_pattern(pattern, flags)
    return _sre.compile(pattern, *marshal.loads(arguments))  # noqa: S302 - of this build


def load(file: Path) -> None:
    """Use a file of the build from now on, if it exists and is of this Python's versions."""
    if file.exists() and (content := file.read_bytes()).startswith(VERSIONS):
        methods, patterns = marshal.loads(content[len(VERSIONS) :])  # noqa: S302 - of this build
        _methods.update(methods)
        _patterns.update(patterns)
        vars(dataclasses)["exec"] = _run
        vars(re)["_compiler"].compile = _pattern


def unload() -> None:
    """Compile all as usual again."""
    if vars(dataclasses).get("exec") is _run:
        del vars(dataclasses)["exec"]
        vars(re)["_compiler"].compile = _compile_pattern
    _methods.clear()
    _patterns.clear()
