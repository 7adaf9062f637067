from dataclasses import replace

import pytest

from catalight.domain.catalogue import catalogue
from catalight.domain.job.job import JobState
from catalight.domain.job.result_csv import media_type
from catalight.domain.job.result_form import Placement, RequestedResult, ResultFormat
from catalight.domain.job.webhook import WebhookState
from catalight.domain.messages import DeliverWebhook, FinishJob
from catalight.usecases.jobs.link_result import LinkResult
from tests.pipeline import MISSING, Pipeline, a_submission
from tests.results import sheets_of

HOOK = "https://shop.test/hook"


def test_the_result_has_the_rows_in_order_with_their_links_and_errors() -> None:
    pipeline = Pipeline(hosts={"http://h/b.png": MISSING})
    job = pipeline.start("http://h/a.png http://h/b.png", "http://h/c.png", "")
    pipeline.run()
    first, second, third = [row.images for row in pipeline.rows.stream(job.id)]
    base = "https://cdn.test/images/"
    assert pipeline.result(job).split("\r\n") == [
        "Serial Number,Product Name,Input Image Urls,"
        "Output Image Urls,Status,Errors,Bytes In,Bytes Out,Notes",
        f'1,Product 1,http://h/a.png http://h/b.png,"{base}{first[0].link},",PARTIAL,",not_found",14,7,',
        f"2,Product 2,http://h/c.png,{base}{second[0].link},DONE,,14,7,",
        "3,Product 3,,,EMPTY,,0,0,",
        "",
    ]
    assert third == ()


def test_rows_are_stored_without_empty_cells_at_their_end_and_written_with_all_of_them() -> None:
    pipeline = Pipeline()
    lines = ["Serial Number;Product Name;Input Image Urls;a;b", "1;P;http://h/a.png", "2;P;;;", "3;;;;x"]
    parsed = catalogue.parse("\n".join(lines).encode())
    job = pipeline.submit(replace(a_submission("http://h/a.png"), catalogue=parsed))
    stored = [row.cells for row in pipeline.rows.stream(job.id)]
    assert stored == [("1", "P", "http://h/a.png"), ("2", "P"), ("3", "", "", "", "x")]
    pipeline.run()
    written = [line.split(";")[:5] for line in pipeline.result(job).splitlines()[1:]]
    assert written == [["1", "P", "http://h/a.png", "", ""], ["2", "P", "", "", ""], ["3", "", "", "", "x"]]


WORKBOOK = RequestedResult(ResultFormat.XLSX)


def test_the_result_has_the_requested_form() -> None:
    pipeline = Pipeline()
    requested = RequestedResult(placement=Placement.REPLACE)
    job = pipeline.start("http://h/a.png", result=requested)
    pipeline.run()
    [image] = next(pipeline.rows.stream(job.id)).images
    [key] = [key for key in pipeline.store.objects if key.startswith("results/")]
    assert key == f"results/{job.id}/1-replace.csv"
    assert pipeline.store.objects[key].decode().splitlines()[1:] == [
        f"1,Product 1,https://cdn.test/images/{image.link}"
    ]
    assert LinkResult(pipeline.jobs, pipeline.store, pipeline.clock)(job.id).url == f"memory:{key}"


def test_a_result_that_is_a_workbook_is_removed_with_its_job() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png", result=WORKBOOK)
    pipeline.run()
    key = f"results/{job.id}/1.xlsx"
    assert sheets_of(pipeline.store.objects[key])["Products"][1][1] == "Product 1"
    assert media_type(job, job.result).endswith("spreadsheetml.sheet")
    pipeline.delete_job(job.id)
    pipeline.run()
    assert not pipeline.store.objects


def test_a_result_that_no_workbook_can_hold_is_written_as_csv(caplog: pytest.LogCaptureFixture) -> None:
    """So that each job ends. Its images are counted once."""
    pipeline = Pipeline(hosts={"http://h/b.png": MISSING})
    cell = f"{'x' * 40_000} http://h/a.png http://h/b.png"
    job = pipeline.start(cell, result=WORKBOOK)
    pipeline.run()
    ended = pipeline.jobs.get(job.id)
    assert ended.state is JobState.COMPLETED
    assert ended.counts.done + ended.counts.failed == job.images
    assert [key for key in pipeline.store.objects if key.startswith("results/")] == [
        f"results/{job.id}/1.csv"
    ]
    assert "the result is CSV in UTF-8: cell_too_long" in caplog.messages
    link = LinkResult(pipeline.jobs, pipeline.store, pipeline.clock)(job.id)
    assert link.url == f"memory:results/{job.id}/1.csv"
    pipeline.delete_job(job.id)
    pipeline.run()
    assert not pipeline.store.objects


def test_a_finished_job_has_the_exact_counts() -> None:
    pipeline = Pipeline(hosts={"http://h/b.png": MISSING})
    job = pipeline.start("http://h/a.png http://h/b.png")
    pipeline.run()
    ended = pipeline.jobs.get(job.id)
    assert ended.state is JobState.COMPLETED
    assert (ended.counts.done, ended.counts.failed, ended.counts.errors) == (1, 1, {"not_found": 1})
    assert ended.finished_at is not None


def test_every_stored_image_is_linked_and_every_link_is_stored() -> None:
    pipeline = Pipeline()
    job = pipeline.start(*[f"http://h/{n}.png" for n in range(50)])
    pipeline.run()
    stored = {key for key in pipeline.store.objects if key.startswith("images/")}
    linked = {f"images/{i.link}" for row in pipeline.rows.stream(job.id) for i in row.images}
    assert stored == linked
    assert len(stored) == 50


def test_only_a_finishing_job_of_this_run_is_finished() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png")
    pipeline.finish_job(FinishJob(job.id, 1), lambda: 100.0)
    pipeline.finish_job(FinishJob("gone", 1), lambda: 100.0)
    assert pipeline.jobs.get(job.id).state is JobState.PENDING
    pipeline.jobs.begin_finishing(job.id, 1, pipeline.clock())
    pipeline.finish_job(FinishJob(job.id, 2), lambda: 100.0)
    assert pipeline.jobs.get(job.id).state is JobState.FINISHING
    assert not pipeline.store.objects


def test_a_late_duplicate_only_sends_the_webhook_message_again() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png", webhook_url=HOOK)
    pipeline.process(pipeline.image_queue.take()[0][0])  # type: ignore[arg-type]
    pipeline.finish_job(FinishJob(job.id, 1), lambda: 100.0)
    ended = pipeline.jobs.get(job.id)
    pipeline.clock.forward(60)
    pipeline.finish_job(FinishJob(job.id, 1), lambda: 100.0)
    assert pipeline.jobs.get(job.id) == ended
    assert pipeline.webhook_queue.take() == [(DeliverWebhook(job.id, 1), 0)] * 2


def test_no_message_is_sent_for_a_delivered_webhook() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png", webhook_url=HOOK)
    pipeline.run()
    pipeline.finish_job(FinishJob(job.id, 1), lambda: 100.0)
    webhook = pipeline.jobs.get(job.id).webhook
    assert webhook
    assert webhook.state is WebhookState.DELIVERED
    assert pipeline.webhook_queue.take() == []
