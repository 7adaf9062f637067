"""The scenarios: small jobs that the model runs."""

import gzip
from collections.abc import Callable
from dataclasses import replace

from catalight.domain.image.formats import Target
from catalight.domain.job.ranges import DUPLICATE
from catalight.domain.job.reuse import Reuse
from catalight.domain.job.upload import LEASE, UploadState, upload_key
from catalight.domain.messages import DeliverWebhook, FinishJob, IngestUpload, ProcessRange, TendJob
from tests.model.inputs import Call
from tests.model.scenario import Run, Scenario, submit
from tests.model.workbooks import workbook
from tests.pipeline import BUSY, MISSING

A, B, C, D = (f"http://h/{name}.jpg" for name in "abcd")
TWO = ("a", "b")
SAME: dict[str, bytes | Exception] = {A: b"same bytes", B: b"same bytes"}
HOOK = "https://shop.test/hook"
STEP = 60  # bytes: each line of a result is a part


def _ended(run: Run) -> bool:
    return any(job.state.has_result for job in run.jobs.jobs.values())


def _again(run: Run) -> Call:
    """The same catalogue is submitted once more, when a job has ended."""
    return Call("submit again", lambda: run.submit_catalogue(), lambda: _ended(run))


def _of_first(run: Run, name: str, do: Callable[[str], object]) -> Call:
    """A call for the first job, made once a second one exists."""

    def call() -> None:
        first = next(iter(run.jobs.jobs))
        if name.startswith("delete"):
            run.deleted.append(first)
        do(first)

    return Call(name, call, lambda: len(run.jobs.jobs) > 1)


def _of_second(run: Run, name: str, do: Callable[[str], object]) -> Call:
    call = _of_first(run, name, do)

    def of_second() -> None:
        second = [*run.jobs.jobs][1]
        run.deleted.append(second)
        do(second)

    return replace(call, do=of_second)


def _sent_twice(run: Run) -> list[Call]:
    return [*submit(run), _again(run)]


def _sent_twice_first_deleted(run: Run) -> list[Call]:
    return [*_sent_twice(run), _of_first(run, "delete the first", run.delete_job)]


def _sent_twice_both_deleted(run: Run) -> list[Call]:
    second = _of_second(run, "delete the second", run.delete_job)
    return [*_sent_twice_first_deleted(run), second]


def _sent_twice_one_deleted_late(run: Run) -> list[Call]:
    """The second job is deleted when nothing is left of the first."""

    def first_is_removed() -> bool:
        return bool(run.deleted) and run.jobs.jobs[run.deleted[0]].sweep_at is None

    *others, second = _sent_twice_both_deleted(run)
    return [*others, replace(second, ready=first_is_removed)]


def _sent_thrice_two_deleted(run: Run) -> list[Call]:
    """The second job uses the first's outputs and the third the second's; the first two are deleted."""
    third = replace(_again(run), name="submit a third time", ready=lambda: len(run.jobs.jobs) > 1)
    first, second = _sent_twice_both_deleted(run)[-2:]
    return [*_sent_twice(run), first, third, second]


def _sent_twice_first_retried(run: Run) -> list[Call]:
    """The second job makes what the first could not; the first is retried, and the second deleted."""

    def mended() -> None:
        run.hosts.clear()
        run.submit_catalogue()

    again = Call("submit again", mended, lambda: _ended(run))
    retry = _of_first(run, "retry the first", run.retry_job)
    return [*submit(run), again, retry, _of_second(run, "delete the second", run.delete_job)]


def _by_two_owners(run: Run) -> list[Call]:
    other = Call("another owner submits", lambda: run.submit_catalogue(owner="other"), lambda: _ended(run))
    return [*submit(run), other, _of_first(run, "delete the first", run.delete_job)]


def _with_job(name: str, run: Run, do: str) -> Call:
    """A call for the only job, made once the job exists."""

    def call() -> None:
        getattr(run, do)(next(iter(run.jobs.jobs)))

    return Call(name, call, lambda: bool(run.jobs.jobs))


def _cancel(run: Run) -> list[Call]:
    return [*submit(run), _with_job("cancel", run, "cancel_job")]


def _delete(run: Run) -> list[Call]:
    def delete() -> None:
        job_id = next(iter(run.jobs.jobs))
        run.deleted.append(job_id)
        run.delete_job(job_id)

    return [*submit(run), Call("delete", delete, lambda: bool(run.jobs.jobs))]


def _retry(run: Run) -> list[Call]:
    """When the job has ended, its hosts and its codec work again and its client retries it."""

    def retry() -> None:
        run.hosts.clear()
        run.broken.clear()
        run.retry_job(next(iter(run.jobs.jobs)))

    def ended() -> bool:
        return any(job.state.has_result for job in run.jobs.jobs.values())

    return [*submit(run), Call("retry", retry, ended)]


def _retry_twice(run: Run) -> list[Call]:
    return [*_retry(run), _retry(run)[-1]]


def _retry_delete(run: Run) -> list[Call]:
    return [*_retry(run), _delete(run)[-1]]


def _cancel_retry(run: Run) -> list[Call]:
    return [*_retry(run), _with_job("cancel", run, "cancel_job")]


def _submit_twice(run: Run) -> list[Call]:
    return [
        Call("submit", lambda: run.submit_catalogue("key")),
        Call("submit again", lambda: run.submit_catalogue("key")),
    ]


def _late(run: Run) -> list[Call]:
    """Two days pass without a message delivery."""
    return [*submit(run), Call("two days", lambda: run.skip_time(days=2), lambda: bool(run.jobs.jobs))]


def _upload(run: Run) -> list[Call]:
    """The client announces a file and sends it."""
    send = Call("send the file", run.send_file, lambda: bool(run.jobs.jobs))
    return [Call("announce", lambda: run.announce()), send]


def _upload_and_confirm(run: Run) -> list[Call]:
    announce = Call("announce", lambda: run.announce(confirm=True))
    return [
        announce,
        _upload(run)[-1],
        replace(_with_job("confirm", run, "confirm_upload"), ready=_understood(run)),
    ]


def _understood(run: Run) -> Callable[[], bool]:
    def understood() -> bool:
        return any(
            job.upload and job.upload.state is UploadState.UNDERSTOOD for job in run.jobs.jobs.values()
        )

    return understood


def _upload_cancel(run: Run) -> list[Call]:
    return [*_upload(run), replace(_cancel(run)[-1], ready=lambda: _is_read(run))]


def _upload_delete(run: Run) -> list[Call]:
    return [*_upload(run), replace(_delete(run)[-1], ready=lambda: _is_read(run))]


def _upload_replaced(run: Run) -> list[Call]:
    """The client uses its form twice, and the second file has other bytes."""

    def replace_file() -> None:
        key = upload_key(next(iter(run.jobs.jobs)))
        if key in run.stored.objects:
            run.stored.objects[key] += b"\r\n"

    return [*_upload(run), Call("replace the file", replace_file, lambda: _is_read(run))]


def _upload_cancel_copying(run: Run) -> list[Call]:
    return [*_upload(run), replace(_cancel(run)[-1], ready=lambda: _is_copied(run))]


def _upload_repeated(run: Run) -> list[Call]:
    """The store tells of the file once more when the claim of its reader has ended."""

    def tell_again() -> None:
        run.clock.now += LEASE
        run.tell_of_file()

    return [*_upload(run), Call("tell again", tell_again, lambda: _is_copied(run))]


def _is_copied(run: Run) -> bool:
    """Whether a copy of the rows of a workbook was begun."""
    return any(job.upload and job.upload.table for job in run.jobs.jobs.values())


def _is_read(run: Run) -> bool:
    """Whether a part of a file was read."""
    return any(job.upload and job.upload.checkpoint for job in run.jobs.jobs.values())


def _announced_only(run: Run) -> list[Call]:
    return _upload(run)[:1]


def _announced_twice(run: Run) -> list[Call]:
    again = Call("announce again", lambda: run.announce("key"))
    return [Call("announce", lambda: run.announce("key")), again, _upload(run)[-1]]


def _expired(run: Run) -> list[Call]:
    def ended() -> bool:
        return any(job.state.has_result for job in run.jobs.jobs.values())

    return [*submit(run), Call("forty days", lambda: run.skip_time(days=40), ended)]


def _upload_expires(run: Run) -> list[Call]:
    """The bucket's lifecycle removes the upload of a result that is not complete."""
    uploads = run.uploads.uploads
    return [*submit(run), Call("lifecycle", uploads.clear, lambda: bool(uploads))]


def _being_tended(run: Run) -> bool:
    return any(isinstance(queued.message, TendJob) for queued in run.world.in_hand)


def _retry_while_expiring(run: Run) -> list[Call]:
    """The retry comes only while the job is being tended."""
    late, retry = _expired(run)[-1], _retry(run)[-1]
    return [*submit(run), late, replace(retry, ready=lambda: _being_tended(run))]


def _resubmit_while_abandoned(run: Run) -> list[Call]:
    """The resubmission comes only while the job is being tended."""
    first, again = _submit_twice(run)
    return [first, replace(again, ready=lambda: _being_tended(run))]


UPLOADS = {
    "uploaded": Scenario((A, f"{B} no", A), calls=_upload, webhook_url=HOOK),
    "uploaded in two renditions": Scenario((A, B), calls=_upload, names=TWO, window=2),
    "uploaded and packed": Scenario((A, B), calls=_upload, sent_as=gzip.compress),
    "uploaded, and its file is bad": Scenario(("no", "URL"), calls=_upload, webhook_url=HOOK),
    "uploaded and confirmed": Scenario((A, B), calls=_upload_and_confirm),
    "uploaded and cancelled": Scenario((A, B, C), calls=_upload_cancel, webhook_url=HOOK),
    "uploaded and deleted": Scenario((A, B, C), calls=_upload_delete),
    "uploaded, and its file is replaced": Scenario((A, B), calls=_upload_replaced, webhook_url=HOOK),
    "uploaded as a large workbook": Scenario((A,), calls=_upload, sent_as=workbook),
    "uploaded as a large workbook, and cancelled": Scenario(
        (A,), calls=_upload_cancel_copying, sent_as=workbook
    ),
    "uploaded as a large workbook, and a reader sleeps": Scenario(
        (A,), calls=_upload_repeated, sent_as=workbook, sleeper=(IngestUpload, "uploads.complete")
    ),
    "announced only": Scenario((A,), calls=_announced_only),
    "announced twice with one idempotency key": Scenario((A,), calls=_announced_twice),
    "uploaded, and a reader sleeps": Scenario((A, B), calls=_upload, sleeper=(IngestUpload, "rows.insert")),
    "uploaded, and a reader sleeps at the end": Scenario(
        (A, B), calls=_upload, sleeper=(IngestUpload, "big_uploads.submit")
    ),
    "uploaded, and a reader crashes": Scenario((A, B, C), calls=_upload, crashes_at="big_uploads.advance"),
    "uploaded, and the sealing reader crashes": Scenario((A,), calls=_upload, crashes_at="image_queue.send"),
}

SCENARIOS = {
    **UPLOADS,
    "one row": Scenario((A,), webhook_url=HOOK, swept=False),
    "one lane of three ranges": Scenario((A, B, C), swept=False),
    "three ranges in two lanes": Scenario((A, B, C), window=2),
    "rows that share a range": Scenario((A, f"{B} {C}", D), images_per_range=3, swept=False),
    "no images": Scenario(("", "not a URL"), webhook_url=HOOK),
    "rows with nothing to do": Scenario(("", A, "not a URL", f"{B} no")),
    "a busy host": Scenario((f"{A} {B}", C), passing={A: BUSY, C: BUSY}, images_per_range=2),
    "hosts that fail": Scenario((A, B), hosts={A: BUSY, B: MISSING}, window=2),
    "a receiver that answers 503": Scenario(("",), webhook_url=HOOK, webhook_statuses=(503,)),
    "an image that kills its worker": Scenario(
        (f"{A} {B}",), images_per_range=3, poison=frozenset({B}), swept=False
    ),
    "a throttled function": Scenario((f"{A} {B}",), images_per_range=2, throttled=2, swept=False),
    "cancelled": Scenario((A, B), calls=_cancel),
    "images that change between attempts": Scenario((A,), target=Target.KEEP),
    "retried": Scenario((f"{A} {B}",), hosts={B: MISSING}, calls=_retry),
    "retried twice": Scenario(
        (A,),
        hosts={A: MISSING},
        calls=_retry_twice,
        webhook_url=HOOK,
    ),
    "cancelled and retried": Scenario((A, B), calls=_cancel_retry),
    "submitted twice with one idempotency key": Scenario((A,), calls=_submit_twice),
    "resubmitted while it is abandoned": Scenario(
        (A,), calls=_resubmit_while_abandoned, crashes_at="jobs.seal"
    ),
    "past its deadline": Scenario((A, B), calls=_late),
    "deleted": Scenario((A, ""), calls=_delete),
    "retried without a fault": Scenario((A,), hosts={A: MISSING}, calls=_retry, faults=False, swept=False),
    "retried and deleted": Scenario((A,), hosts={A: MISSING}, calls=_retry_delete),
    "expired": Scenario((A,), calls=_expired),
    "retried while it expires": Scenario((A,), calls=_retry_while_expiring),
    "a webhook handler sleeps": Scenario(
        ("",),
        webhook_url=HOOK,
        webhook_statuses=(503,),
        sleeper=(DeliverWebhook, "deliveries.record"),
    ),
    "repeated in three ranges": Scenario((A, A, A), window=2, images_per_range=DUPLICATE),
    "repeated in one lane": Scenario((A, B, f"{A} {B}"), webhook_url=HOOK, swept=False),
    "repeated in one range": Scenario((f"{A} {B}", A, f"{A} {A}"), images_per_range=6, swept=False),
    "repeated beside others": Scenario((A, f"{A} {B} {B}", B), window=3, images_per_range=2),
    "repeated and missing": Scenario(
        (A, f"{A} {A}", A), hosts={A: MISSING}, window=2, images_per_range=DUPLICATE
    ),
    "repeated on a busy host": Scenario(
        (A, f"{A} {A}", A), passing={A: BUSY}, window=2, images_per_range=1 + DUPLICATE, swept=False
    ),
    "repeated and retried": Scenario((A, f"{A} {A}"), hosts={A: MISSING}, calls=_retry, window=2),
    "repeated and cancelled": Scenario((A, A, A), calls=_cancel, images_per_range=DUPLICATE),
    "repeated, cancelled, and a worker sleeps": Scenario(
        (A, A), images_per_range=2, calls=_cancel, sleeper=(ProcessRange, "rows.read")
    ),
    "repeated, and a worker crashes": Scenario((A, A), window=2, crashes_at="rows.save"),
    "repeated, cancelled and retried": Scenario((A, A), calls=_cancel_retry),
    "repeated and deleted": Scenario((A, A), calls=_delete),
    "repeated images that change between attempts": Scenario((A, A), target=Target.KEEP, window=2),
    "repeated images that kill their worker": Scenario(
        (f"{A} {A}", A), images_per_range=1 + DUPLICATE, poison=frozenset({A}), swept=False
    ),
    "repeated, and a worker sleeps": Scenario(
        (A, f"{A} {B}"), hosts={B: MISSING}, calls=_retry, window=2, sleeper=(ProcessRange, "rows.save")
    ),
    "two renditions": Scenario((A, f"{B} {C}"), names=TWO, window=2, webhook_url=HOOK),
    "two renditions, and one cannot be made": Scenario(
        (f"{A} {B}",), names=TWO, broken=frozenset({"b"}), calls=_retry, window=2
    ),
    "two renditions of hosts that fail": Scenario(
        (f"{A} {B}", C), names=TWO, passing={A: BUSY}, hosts={B: MISSING}, calls=_retry, window=2
    ),
    "two renditions of an image that kills its worker": Scenario(
        (f"{A} {B}",), names=TWO, images_per_range=3, poison=frozenset({B}), swept=False
    ),
    "two renditions that change between attempts": Scenario((A,), names=TWO, target=Target.KEEP),
    "two renditions, repeated": Scenario((A, f"{B} {A}", A), names=TWO, window=2),
    "two renditions, repeated and retried": Scenario(
        (A, A), names=TWO, hosts={A: MISSING}, broken=frozenset({"b"}), calls=_retry, window=2
    ),
    "two renditions, cancelled and retried": Scenario((A, B), names=TWO, calls=_cancel_retry),
    "two renditions, and a worker sleeps": Scenario(
        (A,), names=TWO, broken=frozenset({"b"}), calls=_retry, sleeper=(ProcessRange, "rows.save")
    ),
    "two renditions, deleted": Scenario((A,), names=TWO, calls=_delete),
    "sent again": Scenario((A, f"{B} {A}"), calls=_sent_twice, window=2),
    "sent again within the age that is trusted": Scenario((A,), calls=_sent_twice, reuse=Reuse(max_age=9)),
    "sent again, and the first job is deleted": Scenario((A, B), calls=_sent_twice_first_deleted, window=2),
    "sent again within the age that is trusted, and the first job is deleted": Scenario(
        (A,), calls=_sent_twice_first_deleted, reuse=Reuse(max_age=9)
    ),
    "sent again, and both jobs are deleted": Scenario((A,), calls=_sent_twice_both_deleted),
    "sent again, and the second job is deleted long after the first": Scenario(
        (A,), calls=_sent_twice_one_deleted_late
    ),
    "sent three times, and two jobs are deleted": Scenario((A,), calls=_sent_thrice_two_deleted),
    "sent again, and the first job is retried": Scenario(
        (A, B), hosts={B: MISSING}, calls=_sent_twice_first_retried
    ),
    "sent again, and a worker sleeps": Scenario(
        (A,), calls=_sent_twice_first_deleted, sleeper=(ProcessRange, "rows.save")
    ),
    "sent by two owners": Scenario((A,), calls=_by_two_owners),
    "sent again with two renditions": Scenario((A, B), names=TWO, calls=_sent_twice_first_deleted),
    "two images with the same bytes": Scenario((A, B, C), hosts=SAME, window=2, images_per_range=2),
    "two images with the same bytes, sent again": Scenario(
        (f"{A} {B}",), hosts=SAME, calls=_sent_twice_first_deleted
    ),
    "a worker sleeps": Scenario(
        (f"{A} {B}",), hosts={B: MISSING}, calls=_retry, sleeper=(ProcessRange, "rows.save")
    ),
    "recorded one by one": Scenario(
        (f"{A} {B}", C),
        images_per_range=3,
        one_by_one=True,
        passing={A: BUSY},
        hosts={B: MISSING},
        swept=False,
    ),
    "recorded one by one, and a worker sleeps": Scenario(
        (f"{A} {B}", C),
        images_per_range=3,
        one_by_one=True,
        hosts={B: MISSING},
        sleeper=(ProcessRange, "rows.save"),
    ),
    "recorded one by one, and sent again": Scenario(
        (f"{A} {B}",), hosts=SAME, images_per_range=2, one_by_one=True, calls=_sent_twice_first_deleted
    ),
    "retried in steps": Scenario((A, f"{B} {C}"), hosts={B: MISSING}, calls=_retry, hurried=True),
    "retried in steps and deleted": Scenario((A,), hosts={A: MISSING}, calls=_retry_delete, hurried=True),
    "cancelled in steps": Scenario((A, B, C), calls=_cancel, hurried=True),
    "a result in steps": Scenario((A, B, ""), part=STEP, webhook_url=HOOK),
    "a result in steps without the sweeper": Scenario((A, B), part=STEP, swept=False),
    "a result in steps, cancelled": Scenario((A, B), part=STEP, calls=_cancel),
    "a result in steps, retried": Scenario((A, B), part=STEP, hosts={B: MISSING}, calls=_retry),
    "a result in steps, deleted": Scenario((A, B), part=STEP, calls=_delete),
    "a result in steps, expired": Scenario((A, ""), part=STEP, calls=_expired),
    "a result in steps whose upload expires": Scenario((A, B), part=STEP, calls=_upload_expires),
    "a result in steps, and images that change": Scenario((A, B), part=STEP, target=Target.KEEP),
    "a result in steps, and an aggregator sleeps": Scenario(
        (A, B), part=STEP, hosts={A: MISSING}, calls=_retry, sleeper=(FinishJob, "results.advance")
    ),
    "a result in steps, and an aggregator sleeps before its end": Scenario(
        (A, B), part=STEP, hosts={A: MISSING}, calls=_retry, sleeper=(FinishJob, "uploads.complete")
    ),
    "a result in steps, and an aggregator crashes before its end": Scenario(
        (A, B), part=STEP, crashes_at="jobs.publish"
    ),
    "an aggregator sleeps": Scenario(
        (A,), hosts={A: MISSING}, calls=_retry, sleeper=(FinishJob, "jobs.publish")
    ),
    "a tend handler sleeps": Scenario(
        (A,), hosts={A: MISSING}, calls=_retry, sleeper=(TendJob, "rows.reopen")
    ),
}
