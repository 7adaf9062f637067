"""The small jobs that the model drives."""

from dataclasses import replace

from catalight.domain.image.options import Target
from catalight.domain.messages import DeliverWebhook, FinishJob, ProcessRange, TendJob
from tests.model.letters import Call
from tests.model.scenario import Run, Scenario, submit
from tests.pipeline import BUSY, MISSING

A, B, C, D = (f"http://h/{name}.jpg" for name in "abcd")
HOOK = "https://shop.test/hook"


def _with_job(name: str, run: Run, do: str) -> Call:
    """A call about the only job, as soon as there is one."""

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
    """Once the job has ended its hosts are well again, and its client retries it."""

    def retry() -> None:
        run.hosts.clear()
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


def _twice_under_one_key(run: Run) -> list[Call]:
    return [
        Call("submit", lambda: run.submit_catalogue("key")),
        Call("submit again", lambda: run.submit_catalogue("key")),
    ]


def _late(run: Run) -> list[Call]:
    """Two days pass in which no message comes."""
    return [*submit(run), Call("two days", lambda: run.later(days=2), lambda: bool(run.jobs.jobs))]


def _expired(run: Run) -> list[Call]:
    def ended() -> bool:
        return any(job.state.has_result for job in run.jobs.jobs.values())

    return [*submit(run), Call("forty days", lambda: run.later(days=40), ended)]


def _tended(run: Run) -> bool:
    return any(isinstance(letter.message, TendJob) for letter in run.world.in_hand)


def _expired_retry(run: Run) -> list[Call]:
    """The retry comes, if it does, while the job is seen to."""
    late, retry = _expired(run)[-1], _retry(run)[-1]
    return [*submit(run), late, replace(retry, ready=lambda: _tended(run))]


def _abandoned_repeat(run: Run) -> list[Call]:
    """The repetition comes, if it does, while the job is seen to."""
    first, again = _twice_under_one_key(run)
    return [first, replace(again, ready=lambda: _tended(run))]


SCENARIOS = {
    "one row": Scenario((A,), webhook_url=HOOK, swept=False),
    "one lane of three ranges": Scenario((A, B, C), swept=False),
    "three ranges in two lanes": Scenario((A, B, C), window=2),
    "rows that share a range": Scenario((A, f"{B} {C}", D), images_per_range=3, swept=False),
    "no images": Scenario(("", "not a URL"), webhook_url=HOOK),
    "rows with nothing to do": Scenario(("", A, "not a URL", f"{B} no")),
    "a busy host": Scenario((f"{A} {B}", C), passing={A: BUSY, C: BUSY}, images_per_range=2),
    "hosts that fail": Scenario((A, B), hosts={A: BUSY, B: MISSING}, window=2),
    "a receiver that is busy": Scenario(("",), webhook_url=HOOK, webhook_statuses=(503,)),
    "a poisoned image": Scenario((f"{A} {B}",), images_per_range=3, poison=frozenset({B}), swept=False),
    "cancelled": Scenario((A, B), calls=_cancel),
    "pictures that change": Scenario((A,), target=Target.KEEP),
    "retried": Scenario((f"{A} {B}",), hosts={B: MISSING}, calls=_retry),
    "retried twice": Scenario(
        (A,),
        hosts={A: MISSING},
        calls=_retry_twice,
        webhook_url=HOOK,
    ),
    "cancelled and retried": Scenario((A, B), calls=_cancel_retry),
    "twice under one key": Scenario((A,), calls=_twice_under_one_key),
    "repeated as it is abandoned": Scenario((A,), calls=_abandoned_repeat, breaks_at="jobs.seal"),
    "past its deadline": Scenario((A, B), calls=_late),
    "deleted": Scenario((A, ""), calls=_delete),
    "retried without a fault": Scenario((A,), hosts={A: MISSING}, calls=_retry, faults=False, swept=False),
    "retried and deleted": Scenario((A,), hosts={A: MISSING}, calls=_retry_delete),
    "expired": Scenario((A,), calls=_expired),
    "retried as it expires": Scenario((A,), calls=_expired_retry),
    "a caller sleeps": Scenario(
        ("",),
        webhook_url=HOOK,
        webhook_statuses=(503,),
        sleeper=(DeliverWebhook, "deliveries.record"),
    ),
    "a worker sleeps": Scenario(
        (f"{A} {B}",), hosts={B: MISSING}, calls=_retry, sleeper=(ProcessRange, "rows.save")
    ),
    "an aggregator sleeps": Scenario(
        (A,), hosts={A: MISSING}, calls=_retry, sleeper=(FinishJob, "jobs.publish")
    ),
    "a tender sleeps": Scenario((A,), hosts={A: MISSING}, calls=_retry, sleeper=(TendJob, "rows.reopen")),
}
