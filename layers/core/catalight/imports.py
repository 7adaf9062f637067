"""Makes imports cheaper while a Lambda function starts. Each handler imports this before all else.

No garbage is collected meanwhile. Imports make some 100,000 objects, which stay for good; to search them for
garbage, again and again, takes a tenth of the time.

Methods of dataclasses are loaded, not compiled. `dataclasses` writes the source of a class's methods and
compiles it, which is most of what making the class takes. Python keeps only modules' bytecode, so the build
keeps that of these sources (`local/built/dataclass_methods.py`). Others are compiled as usual.
"""

import dataclasses
import gc
import marshal
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

METHODS = Path(__file__).with_name("dataclass_methods.bin")
"""The MAGIC_NUMBER of the Python that made it, then a marshalled dict from source to marshalled code."""

_compiled: dict[str, bytes] = {}


def _run(source: str, module: dict[str, Any], found: dict[str, Any]) -> None:
    """Stand for exec() in `dataclasses`."""
    code = _compiled.get(source)
    exec(marshal.loads(code) if code else source, module, found)  # noqa: S102, S302 - as dataclasses does


def load(methods: Path) -> None:
    """Let `dataclasses` use a file of methods, if it exists and this Python has the same bytecode."""
    if methods.exists() and (content := methods.read_bytes()).startswith(MAGIC_NUMBER):
        _compiled.update(marshal.loads(content[len(MAGIC_NUMBER) :]))  # noqa: S302 - of this build
        vars(dataclasses)["exec"] = _run


def finished() -> None:
    """Import as usual again, and leave what was made out of garbage collections. Handlers end with it."""
    if vars(dataclasses).get("exec") is _run:
        del vars(dataclasses)["exec"]
    _compiled.clear()
    gc.freeze()
    gc.enable()


gc.disable()
load(METHODS)
