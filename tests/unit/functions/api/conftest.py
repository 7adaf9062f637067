"""The API over in-memory adapters."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from catalight.domain.web.egress import EgressPolicy
from catalight.usecases.callers.throttle import Throttle
from catalight.usecases.images.link_image import LinkImage
from catalight.usecases.jobs.fetch_feed import FetchFeed
from catalight.usecases.jobs.own_job import OwnJob
from functions.api.app import app
from functions.api.body_limit import MAX_BODY
from functions.api.services import Services, link_image, services
from tests.pipeline import RETENTION, Pipeline


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


@pytest.fixture
def client(pipeline: Pipeline) -> Iterator[TestClient]:
    throttle = Throttle(pipeline.usage, pipeline.clock)
    built = Services(
        ping=lambda: None,
        authenticate=None,
        own_job=OwnJob(pipeline.jobs),
        throttle=throttle,
        admit=pipeline.admit,
        job_list=pipeline.jobs,
        rows=pipeline.rows,
        fetch_feed=FetchFeed(pipeline.fetch_feed, throttle, MAX_BODY),
        understand=pipeline.understand,
        accept=pipeline.accept,
        column_memory=pipeline.column_memory,
        begin_upload=pipeline.begin_upload,
        confirm_upload=pipeline.confirm_upload,
        cancel_job=pipeline.cancel_job,
        retry_job=pipeline.retry_job,
        delete_job=pipeline.delete_job,
        extend_job=pipeline.extend_job,
        redeliver_webhook=pipeline.redeliver_webhook,
        offer_result=pipeline.offer_result,
        api_base="",
        link_base="",
        egress=EgressPolicy(ports=frozenset({8443})),
        retention=RETENTION,
    )
    app.dependency_overrides |= {services: lambda: built, link_image: lambda: LinkImage(pipeline.store)}
    yield TestClient(app, base_url="https://api.test", raise_server_exceptions=False, follow_redirects=False)
    app.dependency_overrides.clear()
