"""Runs a built function under AWS's runtime interface emulator, which aws-sam-cli ships for Linux.

The function sees what it sees on Lambda: its built folder, its layer and the runtime client, but nothing of
this project's virtual environment. So a packaging mistake shows.
"""

import importlib.util
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from local.runner.children import HOST, PROJECT, Child, free_port, listening
from local.runner.errors import LocalError
from local.runner.functions import environment
from local.runner.stack import Function

BUILT = PROJECT / ".aws-sam" / "build"
LAYER = "CoreLayer"
RUNTIME_CLIENT = ("awslambdaric", "runtime_client", "snapshot_restore_py", "simplejson")


class BuiltFunction:
    """A built function that handles events; the emulator accepts one invocation at a time."""

    def __init__(self, url: str, timeout: int) -> None:
        self._url = url
        self._timeout = timeout

    def invoke(self, event: Any) -> Any:
        """Return the handler's result for `event`; raise LocalError if the runtime reports an error."""
        answer = requests.post(self._url, json=event, timeout=self._timeout + 30).json()
        if isinstance(answer, dict) and "errorType" in answer:
            raise LocalError(f"{answer['errorType']}: {answer.get('errorMessage')}")
        return answer


@contextmanager
def emulated(function: Function, endpoint_url: str, log: Path) -> Iterator[BuiltFunction]:
    """Run a built function until the block ends; its output goes to the file `log`."""
    task = BUILT / function.logical_id
    if not task.is_dir():
        raise LocalError(f"{task} does not exist: run make build.")
    port, runtime_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="catalight-runtime-") as runtime:
        link_runtime_client(Path(runtime))
        command = [
            str(emulator()),
            "--runtime-interface-emulator-address",
            f"{HOST}:{port}",
            "--runtime-api-address",
            f"{HOST}:{runtime_port}",
            base_python(),
            "-S",  # no site-packages; PYTHONPATH has the runtime client
            "-m",
            "awslambdaric",
            function.handler,
        ]
        variables = variables_of(function, endpoint_url, task, Path(runtime))
        child = Child(f"the emulator of {function.logical_id}", command, variables, log, cwd=task)
        try:
            child.wait_until(lambda: listening(port))
            yield BuiltFunction(
                f"http://{HOST}:{port}/2015-03-31/functions/function/invocations", function.timeout
            )
        finally:
            child.stop()


def architecture() -> str:
    """Return Lambda's name for this machine's architecture."""
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def emulator() -> Path:
    """Return the path of the emulator for this machine; raise LocalError if there is none."""
    found = importlib.util.find_spec("samcli")
    if sys.platform != "linux" or found is None or found.origin is None:
        raise LocalError("AWS's runtime interface emulator needs Linux and aws-sam-cli.")
    return Path(found.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{architecture()}"


def base_python() -> str:
    """Return the path of the interpreter that the virtual environment was created with."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return str(Path(sys.base_prefix) / "bin" / name)


def link_runtime_client(folder: Path) -> None:
    """Create links to the packages of Lambda's runtime client, and to nothing else, in `folder`."""
    for name in RUNTIME_CLIENT:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise LocalError(f"The Python package {name} is missing: run make build.")
        origin = Path(found.origin)
        target = origin.parent if origin.name == "__init__.py" else origin
        (folder / target.name).symlink_to(target)


def variables_of(function: Function, endpoint_url: str, task: Path, runtime: Path) -> Mapping[str, str]:
    """Return the environment that Lambda gives the function, with AWS at `endpoint_url`."""
    return environment(function, endpoint_url) | {
        "PYTHONPATH": f"{task}:{BUILT / LAYER / 'python'}:{runtime}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(round(function.timeout)),
        "AWS_SAM_LOCAL": "true",  # as `sam local` sets it, to say that this is not Lambda
    }
