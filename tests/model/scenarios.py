"""The scenarios: small jobs that the model runs."""

from dataclasses import replace

from catalight.domain.image.formats import Target
from catalight.domain.job.ranges import DUPLICATE
from catalight.domain.messages import DeliverWebhook, FinishJob, ProcessRange, TendJob
from tests.model.inputs import Call
from tests.model.scenario import Run, Scenario, submit
from tests.pipeline import BUSY, MISSING

A, B, C, D = (f"http://h/{name}.jpg" for name in "abcd")
TWO = ("a", "b")
HOOK = "https://shop.test/hook"
STEP = 60  # bytes: each line of a result is a part


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


SCENARIOS = {
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
    "a worker sleeps": Scenario(
        (f"{A} {B}",), hosts={B: MISSING}, calls=_retry, sleeper=(ProcessRange, "rows.save")
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
