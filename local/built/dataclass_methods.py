"""Compiles the methods of the functions' dataclasses, for catalight/imports.py, which says why.

python -m local.built.dataclass_methods FOLDER     writes them into the folder `catalight` of a built layer

Bytecode is the same on all architectures. The functions are imported from their sources, because what is
built for another architecture cannot be imported here.
"""

import dataclasses
import marshal
import os
import sys
from importlib import import_module
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

HANDLERS = Path("functions").glob("*/handler.py")


def main(folder: Path) -> None:
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    compiled: dict[str, bytes] = {}

    def record(source: str, module: dict[str, Any], found: dict[str, Any]) -> None:
        code = compile(source, "<string>", "exec")
        compiled[source] = marshal.dumps(code)
        exec(code, module, found)  # noqa: S102 - as dataclasses does

    vars(dataclasses)["exec"] = record
    for handler in sorted(HANDLERS):
        import_module(".".join(handler.with_suffix("").parts))
    imports = import_module("catalight.imports")
    (folder / imports.METHODS.name).write_bytes(MAGIC_NUMBER + marshal.dumps(compiled))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
