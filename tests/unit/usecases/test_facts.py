"""What the use cases report: each event once, by whoever made it happen."""

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.facts import (
    ExportEnded,
    Fact,
    HostBackedOff,
    ImagesEnded,
    SweepDone,
    UploadRead,
    WebhookCalled,
)
from catalight.domain.job.job import Counts
from catalight.domain.messages import DeliverWebhook, ProcessRange, WriteExport
from catalight.usecases.upkeep.sweep import STUCK_AFTER
from tests.exporting import AS_ZIP, Exporting
from tests.pipeline import MISSING, RETENTION, Pipeline, csv_of, tens
from tests.unit.usecases.uploads.big import Uploading

THROTTLED = ImageError(ImageErrorCode.HTTP_ERROR, "", transient=True, status=429, retry_after=9)


def of[F: Fact](kind: type[F], facts: list[Fact]) -> list[F]:
    return [fact for fact in facts if isinstance(fact, kind)]


def test_the_images_that_ended_add_up_to_those_of_the_job() -> None:
    pipeline = Pipeline(hosts={"http://h/3.jpg": MISSING})
    job = pipeline.start(*tens(3))
    message, _ = pipeline.image_queue.sent[0]
    pipeline.run()
    assert isinstance(message, ProcessRange)
    pipeline.process(message)  # a duplicate
    counts = sum((fact.counts for fact in of(ImagesEnded, pipeline.facts)), Counts())
    assert counts == pipeline.jobs.get(job.id).counts
    assert (counts.done, counts.errors) == (29, {"not_found": 1})


def test_a_throttling_host_is_reported_without_its_name() -> None:
    pipeline = Pipeline(hosts={"http://shop.example/1.jpg": THROTTLED})
    job = pipeline.start("http://shop.example/1.jpg http://shop.example/2.jpg")
    pipeline.process(ProcessRange(job.id, 1, 0))
    [fact] = of(HostBackedOff, pipeline.facts)
    assert fact == HostBackedOff.of("shop.example:80", 1, 9.0)
    assert "shop" not in str(fact)


def test_each_call_of_a_webhook_is_reported_with_its_number() -> None:
    pipeline = Pipeline(webhook_statuses=[500, 204])
    job = pipeline.start("http://h/a.jpg", webhook_url="https://shop.test/hook")
    pipeline.run()
    pipeline.clock.forward(5)
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))
    pipeline.deliver_webhook(DeliverWebhook(job.id, 1))  # a duplicate
    calls = of(WebhookCalled, pipeline.facts)
    assert [(call.attempt, call.delivery.status) for call in calls] == [(1, 500), (2, 204)]


def test_a_sweep_says_how_many_jobs_do_not_come_on_although_they_were_swept() -> None:
    pipeline = Pipeline()
    pipeline.start("http://h/a.jpg")
    for _ in range(STUCK_AFTER + 1):
        pipeline.sweep(lambda: 100.0)
        pipeline.clock.forward(4 * RETENTION.stall_timeout.total_seconds())
    pipeline.sweep(lambda: 100.0)
    sweeps = of(SweepDone, pipeline.facts)
    assert [fact.stuck for fact in sweeps] == [0] * (STUCK_AFTER + 1) + [1]
    assert sweeps[-1].jobs == 1


def test_an_upload_that_was_read_is_reported_once_with_its_size_or_its_problem() -> None:
    uploading = Uploading()
    data = csv_of("http://h/a.jpg", "http://h/b.jpg")
    job = uploading.upload(data)
    uploading.store_file(job, data)
    uploading.ingest()  # a late message
    assert of(UploadRead, uploading.facts) == [UploadRead("job", len(data), 2, 2)]
    uploading = Uploading()
    uploading.upload(b"a,b\r\n1,2\r\n")
    [fact] = of(UploadRead, uploading.facts)
    assert (fact.error, fact.rows) == ("missing_column", 0)


def test_an_export_that_was_written_is_reported_once() -> None:
    exporting = Exporting()
    job = exporting.a_job("http://h/a.jpg")
    exporting.offer(job, AS_ZIP)
    [(message, _)] = exporting.queue.sent
    assert exporting.handle() == 1
    assert isinstance(message, WriteExport)
    exporting.write(message, exporting.seconds)  # a duplicate
    assert of(ExportEnded, exporting.pipeline.facts) == [ExportEnded(job.id, 1, "zip")]
