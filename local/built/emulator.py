"""A built function under AWS's runtime interface emulator, which aws-sam-cli ships for Linux.

The function sees what it would on Lambda: its built folder, its layer, the runtime client, and nothing of
this project's virtual environment; so a packaging mistake is caught.
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
    """A built function that answers events; the emulator takes one invocation at a time."""

    def __init__(self, url: str, timeout: int) -> None:
        self._url = url
        self._timeout = timeout

    def invoke(self, event: Any) -> Any:
        """The handler's answer to `event`, or a LocalError with the error that the runtime reports."""
        answer = requests.post(self._url, json=event, timeout=self._timeout + 30).json()
        if isinstance(answer, dict) and "errorType" in answer:
            raise LocalError(f"{answer['errorType']}: {answer.get('errorMessage')}")
        return answer


@contextmanager
def emulated(function: Function, endpoint_url: str, log: Path) -> Iterator[BuiltFunction]:
    """Run a built function until the block ends; what it logs goes to `log`."""
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
            "-S",  # no site-packages but the runtime client's
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
    """This machine's architecture as Lambda calls it."""
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def emulator() -> Path:
    """The emulator's program for this machine."""
    found = importlib.util.find_spec("samcli")
    if sys.platform != "linux" or found is None or found.origin is None:
        raise LocalError("AWS's runtime interface emulator runs on Linux with aws-sam-cli only.")
    return Path(found.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{architecture()}"


def base_python() -> str:
    """The interpreter that the virtual environment was made of."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return str(Path(sys.base_prefix) / "bin" / name)


def link_runtime_client(folder: Path) -> None:
    """Link Lambda's runtime client, and nothing else, into a folder of its own."""
    for name in RUNTIME_CLIENT:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise LocalError(f"The Python package {name} is missing: run make build.")
        origin = Path(found.origin)
        target = origin.parent if origin.name == "__init__.py" else origin
        (folder / target.name).symlink_to(target)


def variables_of(function: Function, endpoint_url: str, task: Path, runtime: Path) -> Mapping[str, str]:
    """The environment that Lambda would give the function, AWS being at `endpoint_url`."""
    return environment(function, endpoint_url) | {
        "PYTHONPATH": f"{task}:{BUILT / LAYER / 'python'}:{runtime}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(round(function.timeout)),
        "AWS_SAM_LOCAL": "true",  # as `sam local` has it: this is not Lambda
    }
