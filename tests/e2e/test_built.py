"""Each built function in AWS's runtime emulator, with the events of `events/`: finds packaging errors."""

import base64
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from catalight.adapters.mongo import Connection, MongoJobs, MongoRows
from catalight.clock import utc_now
from catalight.domain.job.job import JobState
from catalight.domain.job.webhook import WebhookState
from local.built import seeds
from local.built.emulator import BUILT, LAYER, BuiltFunction, base_python, emulated
from local.hosts.image_server import ImageServer
from local.hosts.webhook_receiver import WebhookReceiver, webhook_receiver
from local.runner.children import PROJECT
from local.runner.system import System

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="AWS ships its emulator for Linux only")

NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}


def event(name: str) -> Any:
    return json.loads((PROJECT / "events" / f"{name}.json").read_text())


def asking(path: str) -> Any:
    """A GET of a path, by a browser."""
    sent = event("api-welcome")
    sent["headers"]["accept-encoding"] = "gzip, br"
    sent["rawPath"] = sent["requestContext"]["http"]["path"] = path
    return sent


@pytest.fixture(scope="module")
def receiver(system: System, images: ImageServer) -> Iterator[WebhookReceiver]:
    """The webhook receiver of the jobs that the events refer to; it also stores these jobs."""
    with webhook_receiver(system.webhook_secret) as server:
        seeds.plant(system.mongodb_uri, system.mongodb_database, images.url, f"{server.url}/hook")
        yield server


@pytest.fixture
def jobs(system: System, receiver: WebhookReceiver) -> Iterator[tuple[MongoJobs, MongoRows]]:
    connection = Connection(lambda: system.mongodb_uri, system.mongodb_database)
    yield MongoJobs(connection), MongoRows(connection)
    connection.close()


@contextmanager
def built(system: System, name: str, tmp_path: Path) -> Iterator[BuiltFunction]:
    with emulated(system.functions[name], system.endpoint_url, tmp_path / "log") as function:
        yield function


def test_the_api(system: System, jobs: tuple[MongoJobs, MongoRows], tmp_path: Path) -> None:
    with built(system, "ApiFunction", tmp_path) as api:
        welcome = api.invoke(event("api-welcome"))
        assert welcome["statusCode"] == 200
        assert "message" in json.loads(welcome["body"])
        assert json.loads(api.invoke(event("api-status"))["body"])["request_id"] == seeds.IMAGES
        accepted = api.invoke(event("api-upload"))
        [script] = re.findall(r'src="(/docs/\w+/swagger-ui-bundle\.js)"', api.invoke(asking("/docs"))["body"])
        packed = api.invoke(asking(script))
    assert len(gzip.decompress(base64.b64decode(packed["body"]))) > 1_000_000
    assert accepted["statusCode"] == 202
    body = json.loads(accepted["body"])
    assert (body["rows"], body["images"]) == (2, 3)
    job = jobs[0].get(body["request_id"])
    assert (job.file_name, job.renditions[0].quality) == ("products.csv", 60)
    assert job.api_base == "https://example.execute-api.us-east-1.amazonaws.com"


def test_a_body_that_is_no_form_is_rejected(system: System, tmp_path: Path) -> None:
    sent = event("api-upload")
    sent["headers"]["content-type"] = "text/csv"
    sent["body"] = base64.b64encode(b"a,b").decode()
    sent["headers"]["content-length"] = "3"
    with built(system, "ApiFunction", tmp_path) as api:
        answer = api.invoke(sent)
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (415, "application/problem+json")


def test_the_image_function(system: System, jobs: tuple[MongoJobs, MongoRows], tmp_path: Path) -> None:
    with built(system, "ImageFunction", tmp_path) as images:
        assert images.invoke(event("images-batch")) == NOTHING_FAILED
    rows = list(jobs[1].stream(seeds.IMAGES))
    assert not any(row.pending for row in rows)
    done = [image for row in rows for image in row.images]
    assert len(done) == 20
    assert all(image.bytes_out < image.bytes_in for image in done)


def test_the_export_function(system: System, jobs: tuple[MongoJobs, MongoRows], tmp_path: Path) -> None:
    with built(system, "ExportFunction", tmp_path) as exports:
        assert exports.invoke(event("export-message")) == NOTHING_FAILED
    s3 = system.client("s3")
    [bucket] = s3.list_buckets()["Buckets"]
    stored = s3.get_object(Bucket=bucket["Name"], Key=f"results/{seeds.WEBHOOK}/1-failed.csv")
    assert stored["Body"].read().count(b"\n") == 1 + 10  # the header, and the rows of which none is done


def test_the_ingest_function(system: System, jobs: tuple[MongoJobs, MongoRows], tmp_path: Path) -> None:
    seeds.upload(system.client("s3"), "http://h.test")
    with built(system, "IngestFunction", tmp_path) as ingest:
        assert ingest.invoke(event("ingest")) == NOTHING_FAILED
    job = jobs[0].get(seeds.UPLOADED)
    assert (job.sealed, job.rows, len(list(jobs[1].stream(seeds.UPLOADED)))) == (True, 10, 10)


def test_the_layer_has_the_native_libraries(system: System) -> None:
    """One for each Lambda architecture; that of this machine can be loaded."""
    layer = BUILT / LAYER / "python"
    machines = {path.stem.removeprefix("native-"): path.read_bytes()[18] for path in layer.rglob("*.elf")}
    assert machines == {"x86_64": 62, "aarch64": 183}  # e_machine of ELF
    code = "from catalight.adapters.codec import native; assert native.library()"
    subprocess.run([base_python(), "-S", "-c", code], env={"PYTHONPATH": str(layer)}, check=True)


def test_the_layer_describes_only_the_services_that_are_called(system: System) -> None:
    """Lambda unpacks it at each cold start: at most 30 MB; before, botocore had 28."""
    layer = BUILT / LAYER
    called = {
        name
        for folder in ("functions", "layers")
        for path in (PROJECT / folder).rglob("*.py")
        for name in re.findall(r'boto3\.client\(\s*"([a-z0-9-]+)"', path.read_text())
    }
    described = {path.name for path in (layer / "python/botocore/data").iterdir() if path.is_dir()}
    assert described == called
    assert sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) < 30_000_000


def test_an_invalid_record_does_not_fail_the_others(system: System, tmp_path: Path) -> None:
    sent = event("images-batch")
    sent["Records"][0]["body"] = "nonsense"
    with built(system, "ImageFunction", tmp_path) as images:
        answer = images.invoke(sent)
    assert answer == {"batchItemFailures": [{"itemIdentifier": sent["Records"][0]["messageId"]}]}


def test_the_aggregator(
    system: System, jobs: tuple[MongoJobs, MongoRows], receiver: WebhookReceiver, tmp_path: Path
) -> None:
    with built(system, "AggregatorFunction", tmp_path) as aggregator:
        assert aggregator.invoke(event("aggregator-message")) == NOTHING_FAILED
        finished = jobs[0].get(seeds.FINISH)
        assert (finished.state, finished.counts.failed) == (JobState.COMPLETED, 20)
        assert aggregator.invoke(event("webhook-message")) == NOTHING_FAILED
        assert aggregator.invoke(event("tend-message")) == NOTHING_FAILED
    assert [row.range for row in jobs[1].pending(seeds.CANCELLED)] == [0] * 5 + [1] * 5
    webhook = jobs[0].get(seeds.WEBHOOK).webhook
    assert webhook
    assert webhook.state is WebhookState.DELIVERED
    assert f"msg_{seeds.WEBHOOK}_1_job.completed" in receiver.ids


def test_the_dead_letter_function(system: System, jobs: tuple[MongoJobs, MongoRows], tmp_path: Path) -> None:
    with built(system, "DeadLetterFunction", tmp_path) as dead_letters:
        assert dead_letters.invoke(event("dead-letter")) == NOTHING_FAILED
    [row] = jobs[1].read(seeds.DEAD, [0])
    assert [image.error for image in row.images] == [None, "gave_up"]


def test_the_keys_function(system: System, tmp_path: Path) -> None:
    with built(system, "KeysFunction", tmp_path) as keys:
        made = keys.invoke(event("make-key"))
        assert (made["name"], made["limits"]["open_jobs"]) == ("Acme", 5)
        assert made["key"] in [key["key"] for key in keys.invoke({"action": "list"})["keys"]]


def test_the_sweeper(system: System, jobs: tuple[MongoJobs, MongoRows], tmp_path: Path) -> None:
    now = utc_now()
    job = jobs[0].get(seeds.DEAD)
    jobs[0].record_sweep(job, now)
    with built(system, "SweeperFunction", tmp_path) as sweeper:
        assert sweeper.invoke(event("sweep")) is None
    swept = jobs[0].get(seeds.DEAD)
    assert swept.looks == job.looks + 2
    assert swept.sweep_at is not None
    assert swept.sweep_at > now
