"""A job that the code before jobs had renditions has half done is finished by the current code."""

import io
import json
import os
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalight.adapters.mongo import Connection
from catalight.domain import messages
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.row import Image, ImageState
from local.runner import aws
from tests.integration.conftest import aws_endpoint
from tests.past import stored_pipeline
from tests.past.stored_pipeline import BUSY, CELLS, KEY, MISSING

__all__ = ["aws_endpoint"]

ROOT = Path(__file__).parents[2]
BEFORE = "d8134e3d3f41cb83a0a669e8d532809639026e16"
PARTS = ("layers/core", "functions", "local", "tests")


@pytest.fixture(scope="module")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the commit BEFORE, from this repository's history."""
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", BEFORE, *PARTS]
    packed = subprocess.run(command, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip(f"git has no commit {BEFORE[:7]}, whose code this test needs: fetch the whole history")
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def places(mongodb_uri: str, mongodb: Connection, aws_endpoint: str) -> list[str]:
    """Where the jobs and objects of the test are: the arguments of `stored_pipeline`."""
    bucket = uuid.uuid4().hex
    aws.client("s3", aws_endpoint).create_bucket(Bucket=bucket)
    return [mongodb_uri, mongodb.database.name, aws_endpoint, bucket]


@pytest.fixture
def half_done(old_code: Path, places: list[str]) -> list[tuple[str, int]]:
    """The messages that the old code has left of its job."""
    path = os.pathsep.join(map(str, (old_code / "layers/core", old_code)))
    command = [sys.executable, stored_pipeline.__file__, *places]
    environment = {**os.environ, "PYTHONPATH": path}
    ran = subprocess.run(command, env=environment, cwd=old_code, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    written = json.loads(ran.stdout)
    assert Path(written["code"]).is_relative_to(old_code)
    return [(text, delay) for text, delay in written["left"]]


def images(pipeline: Any, job: Job) -> list[Image]:
    return [image for row in pipeline.rows.stream(job.id) for image in row.images]


def links(found: list[Image]) -> set[str]:
    return {f"images/{image.link}" for image in found if image.link}


def keys(places: list[str], prefix: str) -> set[str]:
    _, _, endpoint, bucket = places
    found = aws.client("s3", endpoint).list_objects_v2(Bucket=bucket, Prefix=prefix)
    return {entry["Key"] for entry in found.get("Contents", [])}


@pytest.fixture
def pipeline(half_done: list[tuple[str, int]], places: list[str]) -> Iterator[Any]:
    """The current code with the old job and its messages."""
    with stored_pipeline.stored_pipeline(*places, hosts={}) as pipeline:
        pipeline.image_queue.sent += [(messages.decode(text), delay) for text, delay in half_done]
        yield pipeline


def test_a_job_in_the_middle_of_its_run_is_finished(
    pipeline: Any, places: list[str], mongodb: Connection
) -> None:
    [document] = mongodb.database["jobs"].find()
    assert "renditions" not in document
    job = pipeline.start(*CELLS, idempotency_key=KEY, webhook_url="https://shop.test/hook")
    assert job.id == document["_id"]  # the same submission, by its fingerprint
    before = images(pipeline, job)
    assert {image.state for image in before} == {*ImageState}
    waiting = [image for image in before if image.url == BUSY and not image.same_as]
    assert [image.attempts for image in waiting] == [1]

    pipeline.run()

    finished, after = pipeline.jobs.get(job.id), images(pipeline, job)
    assert finished.state is JobState.COMPLETED
    errors = {"not_found": 2, "invalid_url": 1}
    assert (finished.counts.done, finished.counts.errors) == (len(after) - 3, errors)
    assert all(new == old or not old.ended for old, new in zip(before, after, strict=True))
    assert keys(places, "images/") == links(after)
    assert keys(places, f"results/{job.id}/") == {f"results/{job.id}/1.csv"}
    assert len(pipeline.delivered) == 1
    assert MISSING not in pipeline.fetched


def test_it_can_be_retried_and_deleted(pipeline: Any, places: list[str], mongodb: Connection) -> None:
    pipeline.run()
    [document] = mongodb.database["jobs"].find()
    job = pipeline.jobs.get(document["_id"])
    pipeline.retry_job(job.id)
    pipeline.run()
    assert pipeline.jobs.get(job.id).counts.errors == {"invalid_url": 1}
    assert pipeline.fetched.count(MISSING) == 1
    assert keys(places, "images/") == links(images(pipeline, job))

    pipeline.delete_job(job.id)
    pipeline.clock.forward(3600)
    pipeline.tend(job)
    assert not keys(places, "")
