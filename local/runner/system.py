"""The whole application on one machine, from its template."""

import base64
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self

from catalight.domain import api_keys
from local.runner import aws, cloudformation
from local.runner.children import HOST, PROJECT, Child, demand_free, free_port, listening
from local.runner.dispatcher import Dispatcher
from local.runner.errors import LocalError
from local.runner.functions import environment
from local.runner.mongod import DATABASE, Mongod, find
from local.runner.stack import Function, Stack, read
from local.runner.template import Template, load, parameters, text

MONGODB_PARAMETER = "MongoDbUriSecretArn"
WEBHOOK_PARAMETER = "WebhookSecretArn"
DATABASE_PARAMETER = "MongoDbDatabase"
LOCAL_VALUES = {  # parameters
    "Window": "100",  # moto searches a whole queue for each message
    "Authentication": "none",  # nobody else reaches this machine's loopback
}
API_PATIENCE = 2
OWNER_ONLY = 0o700

type Front = Callable[[str], AbstractContextManager[str]]
"""Stands before moto while a system runs: given moto's URL, it tells the one that functions are to call."""


class System:
    """Runs a template: MongoDB, moto for AWS, a poller for each event source, the schedules and the API.

    A context manager, to be entered from a thread that outlives it. It leaves nothing behind but the logs,
    and those only in a `folder` that it was given.
    """

    url: str
    endpoint_url: str
    api: Child
    mongod: Mongod | None = None
    mongodb_uri: str
    mongodb_database: str
    webhook_secret: str
    folder: Path
    stack: Stack

    def __init__(
        self,
        template: Path = PROJECT / "template.yaml",
        parameters: Mapping[str, object] | None = None,
        *,
        port: int = 0,
        at_once: int | None = None,
        folder: Path | None = None,
        api_function: str = "ApiFunction",
        api_app: str = "functions.api.handler:app",
        front: Front = nullcontext,
    ) -> None:
        """Plans a system; port 0 takes any free one.

        `at_once` is how many invocations run at once: one more than there are cores, since one or the other
        waits for its next message.
        """
        self._template = template
        self._overrides = {name: text(value) for name, value in (parameters or {}).items()}
        self._port = port
        self._folder = folder
        self._api_function = api_function
        self._api_app = api_app
        self._front = front
        self._cleanup = ExitStack()
        self._children: list[Child] = []
        self._dispatcher = Dispatcher(at_once or (os.process_cpu_count() or 1) + 1)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions by their logical ids."""
        return self.stack.functions

    def close(self) -> None:
        """Stops everything, in the reverse order of its start; another Ctrl-C meanwhile changes nothing."""
        with _undisturbed():
            self._cleanup.close()

    def check(self) -> None:
        """Raises a LocalError when a part of the system has ended by itself."""
        for child in self._children:
            child.check()
        self._dispatcher.check()

    def client(self, name: str) -> Any:
        """A boto3 client of the local AWS."""
        return aws.client(name, self.endpoint_url)

    def invoke(self, logical_id: str, event: Any) -> Any:
        """Invokes a function and returns its result, or raises an InvocationError."""
        return self._dispatcher.invoke(self.functions[logical_id].arn, event)

    def workers(self, logical_id: str) -> list[int]:
        """The processes that run a function now; none for the API, which is `api`."""
        return self._dispatcher.workers(self.functions[logical_id].arn)

    def _start(self) -> None:
        if self._port:
            demand_free(self._port)
        port, moto_port = self._port or free_port(), free_port()
        self.url = f"http://{HOST}:{port}"
        self.endpoint_url = f"http://{HOST}:{moto_port}"
        template = load(self._template)
        self.folder = self._folder or self._temporary_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(OWNER_ONLY)  # the logs are nobody else's business
        self._start_mongod()
        self._cleanup.callback(self._dispatcher.join)  # runs after moto's end, which ends the long polls
        moto = self._start_moto(moto_port)

        from local.runner.sam import translate  # slow to import: better while moto starts

        translated = translate(template, self._overrides, self.url)
        moto.wait_until(lambda: listening(moto_port))
        self.stack = self._deploy(translated)
        if self.mongod:
            self.mongod.wait_until_primary()
        functions_endpoint_url = self._cleanup.enter_context(self._front(self.endpoint_url))
        self._start_api(port, functions_endpoint_url)
        self._cleanup.callback(self._dispatcher.stop)
        self._dispatcher.start(self.stack, self.endpoint_url, functions_endpoint_url, self.folder)

    def _start_mongod(self) -> None:
        if uri := os.environ.get("MONGODB_URI"):
            self.mongodb_uri = uri
            return
        data, log = self._temporary_folder(), self.folder / "mongod.log"
        self.mongod = Mongod(find(), data, log, aws.environment(self.endpoint_url))
        self._keep(self.mongod.child)
        self.mongodb_uri = self.mongod.uri

    def _start_moto(self, port: int) -> Child:
        command = [sys.executable, "-m", "local.runner.moto_server", str(port)]
        moto = Child("moto", command, aws.environment(self.endpoint_url), self.folder / "moto.log")
        self._keep(moto)
        return moto

    def _deploy(self, translated: Template) -> Stack:
        """Creates the secrets, then the stack that is told their ARNs."""
        declared = translated.get("Parameters", {}).keys()
        master = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")
        self.webhook_secret = api_keys.webhook_secret(master, api_keys.NOBODY, 1)
        known = {MONGODB_PARAMETER: self.mongodb_uri, WEBHOOK_PARAMETER: master}
        manager = self.client("secretsmanager")
        arns = {
            name: manager.create_secret(Name=name, SecretString=secret)["ARN"]
            for name, secret in known.items()
        }
        ours = {name: value for name, value in (arns | LOCAL_VALUES).items() if name in declared}
        values = parameters(translated, ours | self._overrides)
        self.mongodb_database = values.get(DATABASE_PARAMETER) or DATABASE
        return read(cloudformation.create(translated, values, self.endpoint_url), self.endpoint_url)

    def _start_api(self, port: int, endpoint_url: str) -> None:
        if self._api_function not in self.functions:
            raise LocalError(
                f"{self._template} has no function {self._api_function}, which is to be the API."
            )
        # A web page may point a name of its own at this machine (DNS rebinding): the name tells it apart.
        hosts = {"ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS", f"{HOST},localhost")}
        variables = environment(self.functions[self._api_function], endpoint_url) | hosts
        command = [sys.executable, "-m", "uvicorn", self._api_app, "--host", HOST, "--port", str(port)]
        # Paths are not logged on AWS either: some open images without a key.
        command += ["--timeout-graceful-shutdown", "1", "--no-proxy-headers", "--no-access-log"]
        self.api = Child("The API", command, variables, self.folder / "api.log")
        self._keep(self.api, API_PATIENCE)
        self.api.wait_until(lambda: listening(port))

    def _keep(self, child: Child, patience: float = 0) -> None:
        self._children.append(child)
        self._cleanup.callback(child.stop, patience)

    def _temporary_folder(self) -> Path:
        folder = tempfile.mkdtemp(prefix="catalight-")
        self._cleanup.callback(shutil.rmtree, folder)
        return Path(folder)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignores the signals that ask to stop, as far as Python lets it: in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
