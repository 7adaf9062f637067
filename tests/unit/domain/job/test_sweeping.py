from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.job.job import Job, JobState
from catalight.domain.job.sweeping import GRACE, MAX_PAUSE, UPLOAD_TIMEOUT, next_sweep
from catalight.domain.job.webhook import Webhook, WebhookState
from tests.pipeline import Pipeline

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STALL_TIMEOUT = timedelta(minutes=15)
HOOK = Webhook("https://shop.test/hook")


def a_job(**changes: Any) -> Job:
    fields = {
        "sealed": True,
        "deadline_at": NOW + timedelta(days=1),
        "expires_at": NOW + timedelta(days=30),
        "created_at": NOW,
        "moved_at": NOW,
    }
    return replace(Pipeline().start("http://h/a.jpg"), **{**fields, **changes})


@pytest.mark.parametrize(("looks", "minutes"), [(0, 15), (1, 30), (2, 60), (3, 60), (10_000, 60)])
def test_stalled_jobs_are_swept_with_growing_pauses(looks: int, minutes: int) -> None:
    assert next_sweep(a_job(looks=looks), NOW, STALL_TIMEOUT) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({"deadline_at": NOW + timedelta(seconds=9)}, timedelta(seconds=9)),
        ({"deadline_at": NOW}, STALL_TIMEOUT),
        ({"state": JobState.FINISHING, "deadline_at": NOW + timedelta(seconds=9)}, STALL_TIMEOUT),
        ({"sealed": False}, STALL_TIMEOUT),
        ({"sealed": False, "created_at": NOW - UPLOAD_TIMEOUT + timedelta(seconds=9)}, timedelta(seconds=9)),
        ({"state": JobState.FINISHING, "expires_at": NOW + timedelta(seconds=9)}, timedelta(seconds=9)),
        ({"sealed": False, "created_at": NOW - UPLOAD_TIMEOUT}, STALL_TIMEOUT),
        ({"sealed": False, "run": 2}, STALL_TIMEOUT),
        ({"state": JobState.COMPLETED}, timedelta(days=30)),
        ({"state": JobState.COMPLETED, "expires_at": NOW}, STALL_TIMEOUT),
        ({"state": JobState.COMPLETED, "webhook": HOOK}, STALL_TIMEOUT),
        (
            {"state": JobState.CANCELLED, "webhook": replace(HOOK, next_at=NOW + timedelta(seconds=9))},
            timedelta(seconds=9),
        ),
        ({"state": JobState.COMPLETED, "webhook": replace(HOOK, state=WebhookState.FAILED)}, timedelta(30)),
        ({"state": JobState.GONE}, GRACE),
        ({"state": JobState.GONE, "moved_at": NOW - GRACE}, STALL_TIMEOUT),
    ],
)
def test_a_job_is_swept_when_something_is_due(changes: dict[str, Any], after: timedelta) -> None:
    assert next_sweep(a_job(**changes), NOW, STALL_TIMEOUT) == NOW + after


@given(st.sampled_from(JobState), st.booleans(), st.integers(1, 2), st.integers(0, 99), st.integers(-99, 99))
def test_there_is_always_a_next_sweep_in_the_future(
    state: JobState, sealed: bool, run: int, looks: int, hours: int
) -> None:
    times = dict.fromkeys(
        ("created_at", "deadline_at", "expires_at", "moved_at"), NOW + timedelta(hours=hours)
    )
    job = a_job(state=state, sealed=sealed, run=run, looks=looks, **times)
    pause = next_sweep(job, NOW, STALL_TIMEOUT) - NOW
    assert timedelta() < pause <= max(MAX_PAUSE, timedelta(hours=100))
