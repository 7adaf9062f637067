"""What importing each built function costs, as a ratio to importing its libraries alone.

python -m bench.cold_start                    the functions of `.aws-sam/build` (run `make build` before)
python -m bench.cold_start --build FOLDER     of another build, to compare with
python -m bench.cold_start --write            also writes the tables to docs/

The libraries are all modules that importing a function's handler loads and that are not Catalight's: other
packages and the standard library. Each import is a process of its own. The two kinds take turns. Other work
on the machine only adds to a time, so the least CPU time of each kind counts.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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

    @property
    def ratio(self) -> float:
        """The whole import over that of the libraries, both without the start of the interpreter."""
        return (self.whole - self.nothing) / (self.bare - self.nothing)

    def measure(self, libraries: Sequence[str], rounds: int = 1) -> None:
        """Measure again, in turn. For the API, to import libraries includes making an app with one route."""
        bare = IMPORT + TRIVIAL_API if "fastapi" in libraries else IMPORT
        for _ in range(rounds):
            self.whole = min(self.whole, self.function.cpu_seconds(IMPORT, [self.function.module]))
            self.bare = min(self.bare, self.function.cpu_seconds(bare, libraries))
            self.nothing = min(self.nothing, self.function.cpu_seconds(IMPORT, []))


def functions(build: Path = BUILT) -> list[Function]:
    """Return the functions of a build."""
    return [
        Function(
            handler.relative_to(build).parts[0].removesuffix("Function"),
            f"functions.{handler.parent.name}.handler",
            ENVIRONMENT
            | {"PYTHONPATH": f"{build / handler.relative_to(build).parts[0]}:{build / LAYER / 'python'}"},
        )
        for handler in sorted(build.glob("*Function/functions/*/handler.py"))
    ]
