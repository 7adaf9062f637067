"""What importing each built function costs, as a ratio to importing its libraries alone.

python -m bench.cold_start                     the functions of `.aws-sam/build`, which `make build` makes
python -m bench.cold_start --before FOLDER     also those of another commit's build, in turn with them
python -m bench.cold_start --write             also writes the tables to docs/

The libraries are all modules that importing a function's handler loads and that are not Catalight's: other
packages and the standard library. Each import is a process of its own. The two kinds take turns. Other work
on the machine only adds to a time, so the least CPU time of each kind counts.
"""

import argparse
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from zipfile import ZIP_DEFLATED, ZipFile

from bench.tables import PAGE, insert, table
from local.built.emulator import BUILT, LAYER, base_python

# A module without __spec__ is one that its package made, such as six.moves.
LIBRARIES = (
    "import importlib, os, sys; before = set(sys.modules); importlib.import_module(sys.argv[1]);"
    "print(*(name for name, module in sys.modules.items() if name not in before and module.__spec__"
    " and name.partition('.')[0] not in ('catalight', 'functions')))"
)
IMPORT = "import importlib, os, sys; [importlib.import_module(name) for name in sys.argv[1:]]; "
TRIVIAL_API = "from fastapi import FastAPI; FastAPI().get('/')(lambda: None); "
LEAVE = "os._exit(0)"  # at once: a function does not end when it is imported
ENVIRONMENT = {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True, slots=True)
class Function:
    """A built function and what Lambda imports it with."""

    name: str
    module: str
    environment: Mapping[str, str]

    def libraries(self) -> list[str]:
        """Return the modules of others that importing the handler loads, in their order."""
        command = [base_python(), "-S", "-P", "-c", LIBRARIES, self.module]
        answer = subprocess.run(
            command, env=dict(self.environment), check=True, stdout=subprocess.PIPE, text=True
        )
        return answer.stdout.split()

    def cpu_seconds(self, code: str, modules: Sequence[str]) -> float:
        """Return the CPU seconds, user and system, of a process that runs `code` on the modules."""
        command = [base_python(), "-S", "-P", "-c", code + LEAVE, *modules]
        process = subprocess.Popen(command, env=dict(self.environment))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{self.name} cannot be imported")
        return used.ru_utime + used.ru_stime


@dataclass(slots=True)
class Imports:
    """The least CPU seconds so far of importing a function, its libraries alone, and nothing."""

    function: Function
    whole: float = float("inf")
    bare: float = float("inf")
    nothing: float = float("inf")
    libraries: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Find the libraries."""
        self.libraries = self.function.libraries()

    @property
    def milliseconds(self) -> float:
        """Of importing the function, without the start of the interpreter."""
        return 1000 * (self.whole - self.nothing)

    @property
    def bare_milliseconds(self) -> float:
        """Of importing its libraries."""
        return 1000 * (self.bare - self.nothing)

    @property
    def ratio(self) -> float:
        """The import of the function over that of its libraries."""
        return self.milliseconds / self.bare_milliseconds

    def measure(self) -> None:
        """Measure once more. For the API, to import libraries includes making an app with one route."""
        bare = IMPORT + TRIVIAL_API if "fastapi" in self.libraries else IMPORT
        self.whole = min(self.whole, self.function.cpu_seconds(IMPORT, [self.function.module]))
        self.bare = min(self.bare, self.function.cpu_seconds(bare, self.libraries))
        self.nothing = min(self.nothing, self.function.cpu_seconds(IMPORT, []))


def functions(build: Path = BUILT) -> list[Function]:
    """Return the functions of a build."""
    found = []
    for handler in sorted(build.glob("*Function/functions/*/handler.py")):
        folder = handler.parents[2]
        environment = ENVIRONMENT | {"PYTHONPATH": f"{folder}:{build / LAYER / 'python'}"}
        found.append(
            Function(
                folder.name.removesuffix("Function"), f"functions.{handler.parent.name}.handler", environment
            )
        )
    return found


def measured(builds: Sequence[Path], rounds: int) -> list[list[Imports]]:
    """Return the imports of each function in each of the builds, which take turns too."""
    all_imports = [[Imports(function) for function in functions(build)] for build in builds]
    for _ in range(rounds):
        for imports in chain.from_iterable(all_imports):
            imports.measure()
    return all_imports


def import_table(before: Sequence[Imports], after: Sequence[Imports]) -> str:
    """Return the milliseconds and ratios as a table; `before` may be empty."""
    old = {imports.function.name: imports for imports in before}
    header = ["function", *(["before, ms", "ratio"] if old else []), "import, ms", "libraries, ms", "ratio"]
    rows = []
    for imports in after:
        cells = [imports.function.name]
        if old:
            earlier = old[imports.function.name]
            cells += [f"{earlier.milliseconds:.0f}", f"{earlier.ratio:.2f}"]
        cells += [f"{imports.milliseconds:.0f}", f"{imports.bare_milliseconds:.0f}", f"{imports.ratio:.2f}"]
        rows.append(cells)
    return table(header, rows)


def size_table(build: Path) -> str:
    """Return the megabytes of the layer and of each function, as Lambda unpacks and as SAM uploads them."""
    rows = []
    for folder in sorted(path for path in build.iterdir() if path.is_dir()):
        files = [path for path in folder.rglob("*") if path.is_file()]
        with TemporaryFile() as packed, ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.relative_to(folder))
            archive.close()
            zipped = packed.tell()
        unpacked = sum(path.stat().st_size for path in files)
        rows.append((folder.name, f"{unpacked / 1e6:.1f}", f"{zipped / 1e6:.1f}"))
    return table(("folder of the build", "MB", "zipped, MB"), rows)


def main() -> None:
    """Measure, print, and write on request."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--build", type=Path, default=BUILT)
    parser.add_argument("--before", type=Path, help="a build to compare with")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    builds = [options.before, options.build] if options.before else [options.build]
    *before, after = measured(builds, options.rounds)
    imports, sizes = import_table(before[0] if before else [], after), size_table(options.build)
    print(imports, sizes, sep="\n\n")
    if options.write:
        insert(PAGE, "cold starts", imports)
        insert(PAGE, "sizes", sizes)


if __name__ == "__main__":
    main()
