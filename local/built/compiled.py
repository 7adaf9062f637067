"""Compiles the functions' regular expressions and methods of dataclasses. catalight/compiled.py loads them.

python -m local.built.compiled FOLDER     writes them into the folder `catalight` of a built layer

Their bytecode is the same on all architectures. The functions are imported from their sources, because what
is built for another architecture cannot be imported here.
"""

import _sre
import dataclasses
import marshal
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from catalight.compiled import FILE, VERSIONS

HANDLERS = Path("functions").glob("*/handler.py")
RE = vars(re)


def arguments(pattern: str | bytes, flags: int) -> tuple[Any, ...]:
    """Return what `re` calls `_sre.compile` with, after the pattern: flags, code and groups."""
    parsed = RE["_parser"].parse(pattern, flags)
    code = RE["_compiler"]._code(parsed, flags)
    numbers, groups = parsed.state.groupdict, parsed.state.groups
    names = {number: name for name, number in numbers.items()}
    return (
        flags | parsed.state.flags,
        [int(number) for number in code],  # some are constants with names
        groups - 1,
        numbers,
        tuple(names.get(number) for number in range(groups)),
    )


@dataclass(frozen=True, slots=True)
class Compiled:
    """What was compiled: code by source, and the arguments of a pattern and its flags, both marshalled."""

    methods: dict[str, bytes] = field(default_factory=dict)
    patterns: dict[tuple[str | bytes, int], bytes] = field(default_factory=dict)

    def run(self, source: str, module: dict[str, Any], found: dict[str, Any]) -> None:
        """Stand for exec() in `dataclasses`."""
        code = compile(source, "<string>", "exec")
        self.methods[source] = marshal.dumps(code)
        exec(code, module, found)  # noqa: S102 - as dataclasses does

    def pattern(self, pattern: str | bytes, flags: int = 0) -> Any:
        """Stand for re's own compile()."""
        found = arguments(pattern, flags)
        if type(pattern) in (str, bytes):  # marshal knows no subclasses
            self.patterns[pattern, int(flags)] = marshal.dumps(found)
        return _sre.compile(pattern, *found)

    def write(self, file: Path, versions: bytes = VERSIONS) -> None:
        """Write the file that `catalight.compiled.load` reads."""
        file.write_bytes(versions + marshal.dumps((self.methods, self.patterns)))


@contextmanager
def recorded() -> Iterator[Compiled]:
    """Keep what is compiled meanwhile."""
    compiled, usual = Compiled(), RE["_compiler"].compile
    re.purge()
    vars(dataclasses)["exec"] = compiled.run
    RE["_compiler"].compile = compiled.pattern
    try:
        yield compiled
    finally:
        del vars(dataclasses)["exec"]
        RE["_compiler"].compile = usual


def main(folder: Path) -> None:
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    with recorded() as compiled:
        for handler in sorted(HANDLERS):
            import_module(".".join(handler.with_suffix("").parts))
    compiled.write(folder / FILE.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
