"""The guards of the state machine, each with what is left of the code when it is taken out."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from catalight.usecases.images.carry_on import CarryOn
from catalight.usecases.images.give_up import GiveUp
from catalight.usecases.images.process_range import ProcessRange
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.finish import FinishJob
from catalight.usecases.jobs.reopen_rows import ReopenRows
from catalight.usecases.upkeep.purge_job import PurgeJob
from catalight.usecases.upkeep.tend_job import TendJob
from tests.fakes import MemoryDeliveries, MemoryJobs, MemoryRows


@dataclass(frozen=True, slots=True)
class Guard:
    """`text` in the source of a method, `without` in its place, and the scenario that shows what it is for.

    `deviations` is how many the shortest story needs.
    """

    owner: type
    method: str
    text: str
    without: str
    scenario: str
    deviations: int = 1

    def __str__(self) -> str:
        return f"{self.owner.__name__}.{self.method}: {self.text.strip()}"

    def taken_out(self) -> Callable[..., object]:
        """The method without the guard."""
        method = getattr(self.owner, self.method)
        source = textwrap.dedent(inspect.getsource(method))
        assert source.count(self.text) == 1, f"{self} is not what stands there: {source}"
        made: dict[str, Callable[..., object]] = {}
        exec(source.replace(self.text, self.without), method.__globals__, made)
        return made[self.method]


LINKLESS = "(k for k in stored_keys.leftovers(job, row) if not any(i.link for i in row.images))"
GUARDS = [
    # what a twin or a latecomer may not write
    Guard(
        MemoryRows,
        "insert",
        "self.rows.setdefault((row.job_id, row.number), row)",
        "self.rows[row.job_id, row.number] = row",
        "twice under one key",
    ),
    Guard(
        MemoryRows,
        "save",
        "(stored.run, stored.version) == (row.run, row.version)",
        "stored.run == row.run",
        "a poisoned image",
    ),
    Guard(
        MemoryRows,
        "save",
        "stored.pending and (stored.run, stored.version) == (row.run, row.version)",
        "stored.version == row.version or True",
        "one row",
    ),
    Guard(
        MemoryRows,
        "reopen",
        "if self.rows[row.job_id, row.number].run < row.run:",
        "if True:",
        "a tender sleeps",
    ),
    Guard(
        MemoryJobs,
        "insert",
        "return self.jobs.setdefault(job.id, job)",
        "self.jobs[job.id] = job; return job",
        "twice under one key",
    ),
    Guard(MemoryJobs, "seal", " and not job.sealed", "", "twice under one key"),
    Guard(MemoryJobs, "seal", " and job.state in RUNNING", "", "deleted"),
    Guard(MemoryJobs, "start", " and job.state is JobState.PENDING", "", "cancelled"),
    Guard(MemoryJobs, "record_progress", " and job.state in RUNNING", "", "three ranges in two lanes"),
    Guard(
        MemoryJobs,
        "begin_cancelling",
        "job.state in (JobState.PENDING, JobState.PROCESSING)",
        "True",
        "cancelled",
    ),
    Guard(MemoryJobs, "begin_finishing", " and job.state in RUNNING", "", "three ranges in two lanes"),
    Guard(
        MemoryJobs,
        "begin_finishing",
        "job.run == run and job.state in RUNNING and job.sealed",
        "job.state in RUNNING",
        "a worker sleeps",
    ),
    Guard(
        MemoryJobs, "begin_finishing", "(job.run, job.state) == (run, JobState.FINISHING)", "False", "one row"
    ),
    Guard(MemoryJobs, "publish", " and job.state is JobState.FINISHING", "", "an aggregator sleeps"),
    Guard(MemoryJobs, "publish", "job.run == run and ", "", "an aggregator sleeps"),
    Guard(MemoryJobs, "begin_run", "job.run == new.run - 1 and ", "", "retried twice"),
    Guard(MemoryJobs, "begin_run", " and job.state.has_result", "", "retried and deleted"),
    Guard(
        MemoryJobs,
        "expire",
        "job.run == run and job.state in (*ENDED, JobState.FINISHING) and job.expires_at <= now",
        "True",
        "retried as it expires",
    ),
    Guard(MemoryJobs, "abandon", " and not job.sealed", "", "repeated as it is abandoned"),
    Guard(MemoryDeliveries, "begin", " or webhook.attempts != attempts", "", "a receiver that is busy"),
    Guard(
        MemoryDeliveries,
        "record",
        "webhook.state is WebhookState.PENDING and webhook.attempts == attempt",
        "True",
        "a caller sleeps",
        0,
    ),
    # what is asked before it is done
    Guard(
        AskCompletion, "__call__", "not self.rows.any_pending(job_id) and ", "", "one lane of three ranges", 0
    ),
    Guard(FinishJob, "_tidied", "if failed:", "if False:", "cancelled", 2),
    Guard(FinishJob, "_tidied", "stored_keys.leftovers(job, row)", LINKLESS, "pictures that change"),
    Guard(PurgeJob, "__call__", "job.moved_at + GRACE <= now", "True", "deleted"),
    Guard(PurgeJob, "__call__", "for key in stored_keys.possible(job, row)", "for key in ()", "deleted"),
    Guard(ProcessRange, "_outcomes", "if job.state is JobState.CANCELLING:", "if False:", "cancelled"),
    Guard(TendJob, "__call__", "job.expires_at <= self.clock() and", "False and", "expired", 0),
    # what heals
    Guard(
        ProcessRange, "__call__", "job.state in ENDED", "job.state in (*ENDED, JobState.FINISHING)", "one row"
    ),
    Guard(
        ProcessRange, "__call__", "if receives > 1 and len(parts) > 1:", "if False:", "a poisoned image", 0
    ),
    Guard(GiveUp, "__call__", "self.carry_on(job, message.range)", "pass", "a poisoned image"),
    Guard(CarryOn, "__call__", "self.ask_completion(job.id, job.run)", "pass", "one row", 0),
    Guard(RecordImages, "_forget_lost", "image.link not in kept and ", "", "a worker sleeps", 0),
    Guard(RecordImages, "_forget_lost", "if lost:", "if False:", "a worker sleeps"),
    Guard(
        ReopenRows,
        "__call__",
        "self.send_window(replace(job, ranges=last + 1))",
        "pass",
        "retried without a fault",
        0,
    ),
    Guard(TendJob, "_tend_running", "self._send_again(job)", "pass", "three ranges in two lanes"),
    Guard(TendJob, "_tend_running", "self.ask_completion(job.id, job.run)", "pass", "no images"),
    Guard(
        TendJob,
        "__call__",
        "self.aggregator_queue.send([FinishJob(job.id, job.run)])",
        "pass",
        "hosts that fail",
    ),
    Guard(TendJob, "__call__", "self.reopen_rows(job)", "pass", "retried", 0),
    Guard(TendJob, "__call__", "self.jobs.abandon(job.id, self.clock())", "pass", "no images"),
    Guard(
        TendJob,
        "_tend_webhook",
        "self.webhook_queue.send([DeliverWebhook(job.id, job.run)])",
        "pass",
        "a receiver that is busy",
    ),
]
