"""Runs the whole application on one machine, from its template."""

import json
import os
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
from local.runner.children import HOST, PROJECT, Child, free_ports, is_loopback, listening, require_free
from local.runner.data_folder import DataFolder, have_unfinished_jobs_swept, new_master
from local.runner.dispatcher import Dispatcher
from local.runner.errors import LocalError
from local.runner.functions import environment
from local.runner.mongod import DATABASE, Mongod, find
from local.runner.poller import Throttled, never
from local.runner.stack import Function, Stack, read
from local.runner.template import Template, load, parameters, text

MONGODB_PARAMETER = "MongoDbUriSecretArn"
WEBHOOK_PARAMETER = "WebhookSecretArn"
DATABASE_PARAMETER = "MongoDbDatabase"
LOCAL_VALUES = {  # of parameters
    "Window": "100",  # short queues, because moto searches the whole queue for each message
    "Authentication": "none",  # only this machine reaches its loopback
}
PATIENCE = "PATIENCE_SECONDS"
API_GRACE_SECONDS = 2
MONGOD_GRACE_SECONDS = 5
OWNER_ONLY = 0o700

type Front = Callable[[str], AbstractContextManager[str]]
"""A proxy in front of moto while a system runs: given moto's URL, it yields the URL for the functions."""


class System:
    """Runs a template: MongoDB, moto for AWS, a poller for each event source, the schedules and the API.

    A context manager; enter it from a thread that lives longer. What remains is the logs, if it was given a
    `folder`, and all but the queues, if it was given a folder for `data`.
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
        host: str = HOST,
        aws_port: int = 0,
        folder: Path | None = None,
        data: Path | None = None,
        api_function: str = "ApiFunction",
        api_app: str = "functions.api.handler:app",
        front: Front = nullcontext,
        throttled: Throttled = never,
    ) -> None:
        """Configure a system; port 0 means any free port. `host` is the address that the API listens on.

        `at_once` is the maximum number of concurrent invocations. The default is the cores plus one, because
        usually one waits for its next message.
        """
        self._template = template
        self._overrides = {name: text(value) for name, value in (parameters or {}).items()}
        self._port = port
        self._host = host
        self._aws_port = aws_port
        self._folder = folder
        self._data_path = data
        self._data: DataFolder | None = None
        self._api_function = api_function
        self._api_app = api_app
        self._front = front
        self._cleanup = ExitStack()
        self._children: list[Child] = []
        self._dispatcher = Dispatcher(at_once or (os.process_cpu_count() or 1) + 1, throttled)

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
        """The functions, by logical id."""
        return self.stack.functions

    def close(self) -> None:
        """Stop everything in reverse order of its start; a further Ctrl-C meanwhile is ignored."""
        with _ignoring_signals():
            self._cleanup.close()

    def check(self) -> None:
        """Raise LocalError if a part of the system has ended by itself."""
        for child in self._children:
            child.check()
        self._dispatcher.check()

    def client(self, name: str) -> Any:
        """Return a boto3 client of the local AWS."""
        return aws.client(name, self.endpoint_url)

    def invoke(self, logical_id: str, event: Any) -> Any:
        """Invoke a function and return its result; raise InvocationError if it fails."""
        return self._dispatcher.invoke(self.functions[logical_id].arn, event)

    def workers(self, logical_id: str) -> list[int]:
        """Return the ids of the processes that run a function now; none for the API, which is `api`."""
        return self._dispatcher.workers(self.functions[logical_id].arn)

    def _start(self) -> None:
        if self._port:
            require_free(self._port)
        if self._aws_port:
            require_free(self._aws_port)
        free, free_too = free_ports(2)
        port, moto_port = self._port or free, self._aws_port or free_too
        self.url = f"http://{HOST}:{port}"
        self.endpoint_url = f"http://{HOST}:{moto_port}"
        template = load(self._template)
        self._open_folders()
        self._start_mongod()
        self._cleanup.callback(self._dispatcher.join)  # runs after moto has ended, which ends the long polls
        moto = self._start_moto(moto_port)

        from local.runner.sam import translate  # slow to import, so done while moto starts

        translated = translate(template, self._overrides, self.url)
        moto.wait_until(lambda: listening(moto_port))
        self.stack = self._deploy(translated)
        if self.mongod:
            self.mongod.wait_until_primary()
        if self._data:
            # Every function of the template has it, or none does.
            patience = max(float(one.environment.get(PATIENCE, "0")) for one in self.functions.values())
            have_unfinished_jobs_swept(self.mongodb_uri, self.mongodb_database, patience)
        functions_endpoint_url = self._cleanup.enter_context(self._front(self.endpoint_url))
        self._start_api(port, functions_endpoint_url)
        self._cleanup.callback(self._dispatcher.stop)
        self._dispatcher.start(
            self.stack,
            self.endpoint_url,
            functions_endpoint_url,
            self.folder,
            scheduled_at_once=bool(self._data),
        )

    def _open_folders(self) -> None:
        """Open the folder of the logs, and that of the data if they are to be kept."""
        self.folder = self._folder or self._temporary_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(OWNER_ONLY)  # other users must not read the logs
        if self._data_path:
            self._data = DataFolder(self._data_path)
            self._cleanup.callback(self._data.close)

    def _start_mongod(self) -> None:
        if uri := os.environ.get("MONGODB_URI"):
            self.mongodb_uri = uri
            return
        data = self._data.mongod if self._data else self._temporary_folder()
        self.mongod = Mongod(find(), data, self.folder / "mongod.log", aws.environment(self.endpoint_url))
        self._keep(self.mongod.child, MONGOD_GRACE_SECONDS if self._data else 0)
        self.mongodb_uri = self.mongod.uri

    def _start_moto(self, port: int) -> Child:
        command = [sys.executable, "-m", "local.runner.moto_server", str(port)]
        command += [str(self._data.objects.resolve())] if self._data else []
        moto = Child("moto", command, aws.environment(self.endpoint_url), self.folder / "moto.log")
        self._keep(moto)
        return moto

    def _deploy(self, translated: Template) -> Stack:
        """Create the secrets, then the stack, which gets their ARNs."""
        declared = translated.get("Parameters", {}).keys()
        master = self._data.master() if self._data else new_master()
        self.webhook_secret = api_keys.webhook_secret(master, api_keys.NO_OWNER, 1)
        known = {MONGODB_PARAMETER: self.mongodb_uri, WEBHOOK_PARAMETER: master}
        manager = self.client("secretsmanager")
        arns = {
            name: manager.create_secret(Name=name, SecretString=secret)["ARN"]
            for name, secret in known.items()
        }
        given = {name: value for name, value in (arns | LOCAL_VALUES).items() if name in declared}
        values = parameters(translated, given | self._overrides)
        self.mongodb_database = values.get(DATABASE_PARAMETER) or DATABASE
        return read(cloudformation.create(translated, values, self.endpoint_url), self.endpoint_url)

    def _start_api(self, port: int, endpoint_url: str) -> None:
        if self._api_function not in self.functions:
            raise LocalError(
                f"{self._template} has no function {self._api_function}, which should be the API."
            )
        # A web page may point a host name of its own at this machine (DNS rebinding): allow only local names.
        # Where others reach the API, it needs keys, which a page does not have.
        is_local = is_loopback(self._host)
        names = ",".join({HOST: None, "localhost": None, self._host: None}) if is_local else ""
        hosts = {"ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS", names)}
        variables = environment(self.functions[self._api_function], endpoint_url) | hosts
        if not is_local:  # others do not reach the storage, so its links lead through the API
            variables["STORAGE_URL"] = endpoint_url
        if self.stack.link_headers:
            variables["LINK_HEADERS"] = json.dumps(self.stack.link_headers)
        variables["API_APP"] = self._api_app
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "--factory",
            "local.runner.api:app",
            "--host",
            self._host,
            "--port",
            str(port),
        ]
        # No access log of uvicorn: it has whole paths, and image links work without a key.
        command += [
            "--timeout-graceful-shutdown",
            "1",
            "--no-proxy-headers",
            "--no-access-log",
            "--log-level",
            "warning",
        ]
        require_free(port)  # a server that took it meanwhile would be taken for the API
        self.api = Child("The API", command, variables, self.folder / "api.log")
        self._keep(self.api, API_GRACE_SECONDS)
        self.api.wait_until(lambda: listening(port))

    def _keep(self, child: Child, grace: float = 0) -> None:
        self._children.append(child)
        self._cleanup.callback(child.stop, grace)

    def _temporary_folder(self) -> Path:
        folder = tempfile.mkdtemp(prefix="catalight-")
        self._cleanup.callback(shutil.rmtree, folder)
        return Path(folder)


@contextmanager
def _ignoring_signals() -> Iterator[None]:
    """Ignore SIGINT and SIGTERM until the block ends; Python allows this in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
