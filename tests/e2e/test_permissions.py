"""The role of each function against its calls: no permission is missing, and none is unused.

A proxy records the calls of the functions, and those that they have signed for others (links and forms), in a
run that exercises everything. moto could enforce the roles by itself (INITIAL_NO_AUTH_ACTION_COUNT), but moto
5.2 refuses what AWS allows: it knows no resource of secretsmanager:GetSecretValue, asks for
sqs:SendMessageBatch, and for s3:DeleteObject on the bucket. It also fails at presigned links, and answers 404
without s3:ListBucket. So it would check less, and only with wider roles than the template's.
"""

import gzip
import io
import json
import zipfile
from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

import pytest
import requests

from local import metric_lines
from local.client import TIMEOUT, Client, rows_of
from local.hosts.image_server import ImageServer, image_server
from local.hosts.webhook_receiver import webhook_receiver
from local.runner.children import PROJECT
from local.runner.system import System
from tests.e2e.recorder import Call, Recorder, recorder
from tests.e2e.test_job import finish
from tests.integration.local.waiting import eventually
from tests.pipeline import csv_of
from tests.translated import translated

BY_LAMBDA = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}
"""What Lambda does with the function's role: it writes logs and traces, and polls the queue."""

UNUSED_HERE = {
    ("AggregatorFunction", "s3:AbortMultipartUpload"),
    ("AggregatorFunction", "s3:GetObject"),
    ("AggregatorFunction", "s3:ListBucket"),
    ("AggregatorFunction", "s3:PutObject"),
    ("ExportFunction", "s3:AbortMultipartUpload"),
    ("ExportFunction", "sqs:SendMessage"),
    ("IngestFunction", "s3:AbortMultipartUpload"),
    ("IngestFunction", "sqs:SendMessage"),
    ("ImageFunction", "s3:GetObject"),
    ("ImageFunction", "s3:ListBucket"),
}
"""Not exercised here: abort the multipart upload of a large result that fails midway or whose job is
deleted; look whether another function has completed it; continue a ZIP or the reading of a file that takes
longer than a call; end the unpacked copy of an upload that fails midway; copy an output of an earlier job
onto itself, if it is old, or find that it was deleted."""

PARAMETERS = {"Window": "1", "Patience": "1", "FetchSeconds": "30", "ImageRetryPauses": "60"}


class Run:
    """A system with a recorder in front of moto."""

    system: System
    recorder: Recorder

    def __enter__(self) -> "Run":
        self.system = System(parameters=PARAMETERS, at_once=4, front=self._front)
        self.system.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.system.close()

    @contextmanager
    def _front(self, moto_url: str) -> Iterator[str]:
        with recorder(moto_url) as self.recorder:
            yield self.recorder.url

    @property
    def client(self) -> Client:
        return Client(self.system.url)

    def post(self, path: str) -> None:
        requests.post(f"{self.system.url}{path}", timeout=TIMEOUT).raise_for_status()

    def rows(self, job: str) -> Any:
        return requests.get(f"{self.system.url}/jobs/{job}/rows", timeout=TIMEOUT).json()["rows"]

    def until(self, function: str, action: str, resource: str = "") -> None:
        """Wait for a call that has no other visible effect."""
        eventually(lambda: self.called(function, action, resource))

    def called(self, function: str, action: str, resource: str = "") -> bool:
        return any(call[:2] == (function, action) and resource in call[2] for call in self.recorder.calls)

    def roles(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the policy statements of each function's role, as moto has resolved them."""
        iam = self.system.client("iam")
        for name, function in translated()["Resources"].items():
            if function["Type"] == "AWS::Lambda::Function":
                logical_id = function["Properties"]["Role"]["Fn::GetAtt"][0]
                role = self.system.stack.resources[logical_id]
                for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
                    # moto returns the repr of a dict, with None where AWS leaves out AWS::NoValue.
                    for statement in filter(None, literal_eval(document)["Statement"]):
                        yield name, statement

    def granted(self) -> set[Call]:
        """Return every action on every resource that the function itself may use."""
        return {
            Call(function, action, resource)
            for function, statement in self.roles()
            for action in _list(statement["Action"])
            for resource in _list(statement["Resource"])
            if action not in BY_LAMBDA
        }


def _list(one_or_more: str | list[str]) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else one_or_more


def _allows(grant: Call, call: Call) -> bool:
    return grant[:2] == call[:2] and fnmatchcase(call.resource, grant.resource)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A system that has exercised every call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        with Run() as run, image_server(60, 45) as images:
            exercise_every_call(run, images)
            yield run


def exercise_every_call(run: Run, images: ImageServer) -> None:
    from_upload_to_deletion(run, images)
    given_up_too_early(run, images)
    cancelled_while_it_waits(run, images)
    big_uploads(run, images)
    assert run.system.invoke("KeysFunction", {"action": "make", "name": "Acme"})["webhook_secrets"]


def from_upload_to_deletion(run: Run, images: ImageServer) -> None:
    cells = [f"{images.url}/{n}.jpg" for n in range(12)]
    with webhook_receiver(run.system.webhook_secret) as receiver:
        data = csv_of(*cells, f"{images.url}/missing/1.jpg")
        job = run.client.upload(data, webhook_url=f"{receiver.url}/hook")["request_id"]
        finish(run.client, job)
        receiver.events.get(timeout=30)
        eventually(lambda: run.client.status(job)["webhook"]["state"] == "DELIVERED")
        run.post(f"/jobs/{job}/webhook/redeliver")
        receiver.events.get(timeout=30)
        zipped(run, job)
        run.client.image(rows_of(run.client.download(job))[0]["Output Image Urls"])
        unknown = f"{run.client.url}/images/{'x' * 22}/x.jpg"
        assert requests.get(unknown, timeout=TIMEOUT).status_code == 404
        run.post(f"/jobs/{job}/retry")
        finish(run.client, job)
        requests.delete(f"{run.client.url}/jobs/{job}", timeout=TIMEOUT).raise_for_status()
        run.until("AggregatorFunction", "s3:DeleteObject", "/results/")


def zipped(run: Run, job: str) -> None:
    """Export a ZIP, and one of the images is not stored any more."""
    [bucket] = run.system.client("s3").list_buckets()["Buckets"]
    image = run.rows(job)[3]["images"][0]["output_url"].partition("/images/")[2]
    run.system.client("s3").delete_object(Bucket=bucket["Name"], Key=f"images/{image}")
    url = f"{run.system.url}/download/{job}?format=zip"
    eventually(lambda: requests.get(url, timeout=TIMEOUT, allow_redirects=False).status_code == 307)
    archive = zipfile.ZipFile(io.BytesIO(requests.get(url, timeout=TIMEOUT).content))
    assert archive.testzip() is None
    assert len(archive.namelist()) == 13
    assert archive.namelist()[-1] == "missing.txt"


def given_up_too_early(run: Run, images: ImageServer) -> None:
    """Slow images are given up while they are processed; their output is then deleted."""
    job = run.client.upload(csv_of(f"{images.url}/held/1.jpg", f"{images.url}/held/2.jpg"))["request_id"]
    eventually(lambda: {"/held/1.jpg", "/held/2.jpg"} <= images.requests.keys())
    eventually(lambda: _swept(run))
    dead_letter(run, job)
    dead_letter(run, job, row=0, place=0)
    dead_letter(run, job, row=1, place=0)
    images.fixed.set()
    finish(run.client, job)
    run.until("ImageFunction", "s3:DeleteObject")


def _swept(run: Run) -> bool:
    run.system.invoke("SweeperFunction", {})
    return run.called("SweeperFunction", "sqs:SendMessage")


def dead_letter(run: Run, job: str, **image: int) -> None:
    event = json.loads((PROJECT / "events/dead-letter.json").read_text())
    event["Records"][0]["body"] = json.dumps(
        {"kind": "process_range", "job_id": job, "run": 1, "range": 0, **image}
    )
    assert run.system.invoke("DeadLetterFunction", event) == {"batchItemFailures": []}


def big_uploads(run: Run, images: ImageServer) -> None:
    """A packed file, one that is not a catalogue, one without rows to fetch, and one that is deleted."""
    data = csv_of(*(f"{images.url}/{n}.jpg" for n in range(2)))
    job = run.client.upload_big(gzip.compress(data), confirm="true")["request_id"]
    eventually(lambda: run.client.upload_status(job)["upload"]["state"] == "UNDERSTOOD")
    run.post(f"/uploads/{job}/confirm")
    finish(run.client, job)
    bad = run.client.upload_big(b"a,b\r\n1,2\r\n")["request_id"]
    eventually(lambda: run.client.status(bad)["status"] == "FAILED")
    waiting = run.client.begin_big(data)["request_id"]
    eventually(lambda: _looked_for(run))
    requests.delete(f"{run.client.url}/jobs/{waiting}", timeout=TIMEOUT).raise_for_status()
    run.until("AggregatorFunction", "s3:DeleteObject", "/uploads/")


def _looked_for(run: Run) -> bool:
    """Whether a file was looked for that nobody has sent."""
    run.system.invoke("SweeperFunction", {})
    return run.called("IngestFunction", "s3:ListBucket")


def cancelled_while_it_waits(run: Run, images: ImageServer) -> None:
    job = run.client.upload(csv_of(f"{images.url}/busy/1.jpg"))["request_id"]
    eventually(lambda: run.rows(job)[0]["images"][0]["not_before"])
    run.post(f"/jobs/{job}/cancel")
    finish(run.client, job)


def test_a_grant_that_is_missing_is_in_a_metric_after_one_receive(run: Run, images: ImageServer) -> None:
    """Lambda's own metric of errors would stay at 0, and the dead letter comes after five receives."""
    run.recorder.broken = frozenset({("AggregatorFunction", "s3:PutObject")})
    job = run.client.upload(csv_of(f"{images.url}/9301.jpg"))["request_id"]
    log = run.system.folder / "AggregatorFunction.log"

    def failed() -> list[dict[str, Any]]:
        found = [line for line in metric_lines.lines([log]) if line.get("job_id") == job]
        return [line for line in found if "MessagesFailed" in line]

    eventually(lambda: bool(failed()))
    [line] = failed()
    assert (line["Kind"], line["receives"], line["level"]) == ("finish_job", 1, "ERROR")
    run.recorder.broken = frozenset()


def test_every_call_is_granted(run: Run) -> None:
    granted = run.granted()
    assert {
        call for call in run.recorder.calls if not any(_allows(grant, call) for grant in granted)
    } == set()


def test_every_grant_is_used(run: Run) -> None:
    unused = {
        grant for grant in run.granted() if not any(_allows(grant, call) for call in run.recorder.calls)
    }
    assert {grant[:2] for grant in unused} == UNUSED_HERE, unused
