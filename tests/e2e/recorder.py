"""Record which function uses which IAM action on which resource."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from local.hosts.http_server import serving
from local.runner import aws
from tests.forwarding import Answer, Forwarder, Front

_CREDENTIAL = re.compile(r"(\w+)/\d{8}/[\w-]+/(\w+)/aws4_request")
_FORM = "multipart/form-data"
_KEY_OF_FORM = re.compile(rb'name="key"\r\n\r\n([^\r\n]*)\r\n')
_HEAD_OF_FORM = 65_536  # bytes: a form's fields come before its file
_MULTIPART = {"POST": "s3:PutObject", "PUT": "s3:PutObject", "DELETE": "s3:AbortMultipartUpload"}
_OBJECT = {
    "GET": "s3:GetObject",
    "HEAD": "s3:GetObject",
    "PUT": "s3:PutObject",
    "POST": "s3:PutObject",  # a form
    "DELETE": "s3:DeleteObject",
}

ACCESS_DENIED: Answer = 403, [], b"<Error><Code>AccessDenied</Code></Error>"


class Call(NamedTuple):
    """An IAM action of a function on a resource."""

    function: str
    action: str
    resource: str


class Recorder(Front):
    """Forwards all calls and collects those of functions in `calls`, which is replaced, never modified.

    Calls in `broken`, each a function and an action, are refused as if the role had lost the grant.
    """

    def __init__(self, moto_url: str) -> None:
        super().__init__(moto_url, _Handler)
        self.calls: frozenset[Call] = frozenset()
        self.broken: frozenset[tuple[str, str]] = frozenset()
        self._lock = Lock()

    def record(self, calls: set[Call]) -> None:
        """Add calls."""
        with self._lock:
            self.calls |= calls


class _Handler(Forwarder):
    server: Recorder

    def serve(self, body: bytes) -> None:
        answer = self.pass_on(body)
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        signed = self.headers.get("Authorization") or query.get("X-Amz-Credential", [""])[0]
        path = self.path
        if self.headers.get("Content-Type", "").startswith(_FORM):
            head = body[:_HEAD_OF_FORM]
            signed = head.decode("latin-1")
            path = f"{path.rstrip('/')}/{_KEY_OF_FORM.findall(head)[0].decode()}"
        if found := _CREDENTIAL.search(signed):
            function, service = found.groups()
            needed = _of_s3(self.command, path, body, answer[0]) if service == "s3" else self._target(body)
            calls = {Call(function, *permission) for permission in needed}
            self.server.record(calls)
            if self.server.broken & {call[:2] for call in calls}:
                answer = ACCESS_DENIED
        self.give(*answer)

    def _target(self, body: bytes) -> Iterator[tuple[str, str]]:
        """Yield the permissions that a call of a JSON protocol needs."""
        service, _, operation = self.headers["X-Amz-Target"].partition(".")
        parameters: dict[str, Any] = json.loads(body)
        match service, operation:
            case "AmazonSQS", "SendMessage" | "SendMessageBatch":
                queue = parameters["QueueUrl"].rpartition("/")[2]
                yield "sqs:SendMessage", f"arn:aws:sqs:{aws.REGION}:{aws.ACCOUNT}:{queue}"
            case "secretsmanager", "GetSecretValue":
                yield "secretsmanager:GetSecretValue", parameters["SecretId"]
            case _:
                raise ValueError(f"which permission does {service}.{operation} need?")


def _of_s3(method: str, url: str, body: bytes, status: int) -> Iterator[tuple[str, str]]:
    """Yield the permissions that an S3 call needs; without s3:ListBucket, a missing key is 403, not 404."""
    parts = urlsplit(url)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    query = parse_qs(parts.query, keep_blank_values=True)
    if "delete" in query:
        for deleted in re.findall(rb"<Key>(.*?)</Key>", body):
            yield "s3:DeleteObject", f"arn:aws:s3:::{bucket}/{deleted.decode()}"
    elif key:
        actions = _MULTIPART if {"uploads", "uploadId"} & query.keys() else _OBJECT
        yield actions[method], f"arn:aws:s3:::{bucket}/{key}"
        if status == 404:
            yield "s3:ListBucket", f"arn:aws:s3:::{bucket}"
    else:
        yield "s3:ListBucket", f"arn:aws:s3:::{bucket}"


@contextmanager
def recorder(moto_url: str) -> Iterator[Recorder]:
    """Run in front of moto until the block ends."""
    server = Recorder(moto_url)
    with serving(server):
        yield server
