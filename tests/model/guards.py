"""The guards of the state machine, each with the code that is left when the guard is removed."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from catalight.domain.job.row import Image
from catalight.usecases.images.carry_on import CarryOn
from catalight.usecases.images.compress_images import CompressImages
from catalight.usecases.images.give_up import GiveUp
from catalight.usecases.images.process_range import ProcessRange
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.images.reuse_outputs import ReuseOutputs
from catalight.usecases.images.share_outcomes import ShareOutcomes
from catalight.usecases.jobs import finish
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.finish import FinishJob
from catalight.usecases.jobs.make_rows import MakeRows
from catalight.usecases.jobs.release_outputs import ReleaseOutputs
from catalight.usecases.jobs.reopen_rows import ReopenRows
from catalight.usecases.results import write_rows
from catalight.usecases.results.write_rows import WriteRows, _Tally
from catalight.usecases.upkeep.purge_job import PurgeJob
from catalight.usecases.upkeep.tend_job import TendJob
from catalight.usecases.uploads.tend_upload import TendUpload
from tests.fake_uploads import MemoryBigUploads
from tests.fakes import MemoryDeliveries, MemoryJobs, MemoryRows


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard: `text` in the source of a method or function; `without` replaces it to remove the guard.

    `scenario` names the scenario in which an invariant then breaks, `deviations` how many the shortest such
    run needs.
    """

    owner: type | ModuleType
    method: str
    text: str
    without: str
    scenario: str
    deviations: int = 1

    def __str__(self) -> str:
        return f"{self.owner.__name__}.{self.method}: {self.text.strip()}"

    def removed(self) -> Callable[..., object]:
        """Return the method without the guard."""
        method = getattr(self.owner, self.method)
        source = textwrap.dedent(inspect.getsource(method))
        assert source.count(self.text) == 1, f"{self} is not in the source: {source}"
        made: dict[str, Callable[..., object]] = {}
        exec(source.replace(self.text, self.without), method.__globals__, made)
        return made[self.method]


LINKLESS = "(k for k in stored_keys.orphan_keys(job, row) if not any(i.link for i in row.images))"
UNSHARED = "(k for k in stored_keys.orphan_keys(job, row) if not any(i.shared for i in row.images))"
UNLENT = "(k for k in stored_keys.orphan_keys(job, row) if not any(i.borrowed for i in row.images))"
GUARDS = [
    # writes that a duplicate or late handler must not make
    Guard(
        MemoryRows,
        "insert",
        "self.rows.setdefault((row.job_id, row.number), row)",
        "self.rows[row.job_id, row.number] = row",
        "submitted twice with one idempotency key",
    ),
    Guard(
        MemoryRows,
        "save",
        "(stored.run, stored.version) == (row.run, row.version)",
        "stored.run == row.run",
        "an image that kills its worker",
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
        "a tend handler sleeps",
    ),
    Guard(
        MemoryJobs,
        "insert",
        "return self.jobs.setdefault(job.id, job)",
        "self.jobs[job.id] = job; return job",
        "submitted twice with one idempotency key",
    ),
    Guard(MemoryJobs, "seal", " and not job.sealed", "", "submitted twice with one idempotency key"),
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
    Guard(MemoryJobs, "begin_run", " and job.has_result", "", "retried and deleted"),
    Guard(
        MemoryJobs,
        "expire",
        "job.run == run and job.state in (*ENDED, JobState.FINISHING) and job.expires_at <= now",
        "True",
        "retried while it expires",
    ),
    Guard(MemoryJobs, "abandon", " and not job.sealed", "", "resubmitted while it is abandoned"),
    Guard(MemoryDeliveries, "begin", " or webhook.attempts != attempts", "", "a receiver that answers 503"),
    Guard(
        MemoryDeliveries,
        "record",
        "webhook.state is WebhookState.PENDING and webhook.attempts == attempt",
        "True",
        "a webhook handler sleeps",
        0,
    ),
    # checks before an action
    Guard(
        AskCompletion, "__call__", "not self.rows.any_pending(job_id) and ", "", "one lane of three ranges", 0
    ),
    Guard(_Tally, "settled", "if self._keys:", "if False:", "cancelled", 2),
    Guard(
        finish,
        "_unused",
        "stored_keys.orphan_keys(job, row)",
        LINKLESS,
        "images that change between attempts",
    ),
    Guard(
        finish,
        "_unused",
        "stored_keys.orphan_keys(job, row)",
        UNSHARED,
        "repeated, and a worker crashes",
    ),
    Guard(
        ReopenRows,
        "__call__",
        "self.jobs.record_reopened(job.id, so_far, self.clock())",
        "pass",
        "retried in steps",
        0,
    ),
    # a result in steps
    Guard(
        FinishJob,
        "_publish",
        "self.aggregator_queue.send([message])",
        "pass",
        "a result in steps without the sweeper",
        0,
    ),
    Guard(FinishJob, "_forget", "self.results.forget(result)", "pass", "a result in steps", 0),
    Guard(
        FinishJob, "_write", "self.results.forget(stored)", "pass", "a result in steps whose upload expires"
    ),
    Guard(
        WriteRows,
        "_complete",
        "if not self.store.exists(upload.written.key):",
        "if True:",
        "a result in steps",
    ),
    Guard(WriteRows, "_text", "written.position.row - 1", "-1", "a result in steps", 0),
    Guard(WriteRows, "__call__", "written.position.counts", "Counts()", "a result in steps", 0),
    Guard(write_rows, "_checkpoint", "row=tally.next_row, ", "", "a result in steps", 0),
    Guard(write_rows, "_checkpoint", "counts=tally.settled()", "counts=tally.counts", "a result in steps", 0),
    Guard(PurgeJob, "__call__", "job.moved_at + GRACE <= now", "True", "deleted"),
    Guard(PurgeJob, "__call__", "for key in stored_keys.possible_keys(job, row)", "for key in ()", "deleted"),
    Guard(ProcessRange, "_outcomes", "if job.state is JobState.CANCELLING:", "if False:", "cancelled"),
    Guard(TendJob, "__call__", "job.expires_at <= self.clock() and", "False and", "expired", 0),
    # images with the same URL
    Guard(ShareOutcomes, "__call__", "and not stored[at].due(now)", "", "repeated in three ranges"),
    Guard(
        ShareOutcomes, "__call__", "stored[at].due(now)", "not stored[at].ended", "repeated on a busy host", 0
    ),
    Guard(ProcessRange, "_outcomes", "if not first:", "if False:", "repeated in three ranges"),
    Guard(
        ProcessRange, "_outcomes", "self.share_outcomes(job.id, repeated)", "{}", "repeated in one lane", 0
    ),
    # several renditions of an image
    Guard(
        CompressImages,
        "__call__",
        "Work.of(tasks)",
        "[Work((task,)) for task in tasks]",
        "two renditions",
        0,
    ),
    Guard(MakeRows, "_images", "earlier[1] + rendition", "earlier[1]", "two renditions, repeated", 0),
    Guard(Image, "anew", "rendition=self.rendition,", "", "two renditions, and one cannot be made", 0),
    # big uploads
    Guard(
        TendUpload,
        "unsealed",
        "self.ingest_queue.send([IngestUpload(job.id)])",
        "pass",
        "uploaded and packed",
    ),
    Guard(PurgeJob, "__call__", "self.remove_file(job)", "pass", "uploaded and deleted"),
    Guard(TendUpload, "ended", "job.moved_at + GRACE > self.clock()", "False", "uploaded and cancelled"),
    Guard(MemoryBigUploads, "_of", " and job.state in RUNNING", "", "uploaded and deleted"),
    # outputs of earlier jobs, and images with the same bytes
    Guard(
        ReuseOutputs,
        "_hold",
        "self.references.add(recall.claim, list(used.values()))",
        "pass",
        "sent again, and the first job is deleted",
        0,
    ),
    Guard(ReuseOutputs, "_hold", "self._gone(used)", "set()", "sent again, and the first job is deleted"),
    Guard(
        ReuseOutputs,
        "__call__",
        "self._release(gone, recall)",
        "pass",
        "sent again, and the first job is deleted",
    ),
    Guard(
        ReuseOutputs,
        "recall",
        "reuse.new_claim(job.id)",
        'job.id + ":"',
        "sent again, and a worker sleeps",
        2,
    ),
    Guard(PurgeJob, "__call__", " if key not in kept", "", "sent again, and the first job is deleted", 0),
    Guard(
        ReleaseOutputs,
        "of_job",
        "self._remove_unused(found)",
        "pass",
        "sent again, and the second job is deleted long after the first",
        0,
    ),
    Guard(
        ReleaseOutputs,
        "_used",
        "now[link].claims <= one.claims",
        "True",
        "sent three times, and two jobs are deleted",
        2,
    ),
    Guard(
        finish,
        "_unused",
        "stored_keys.orphan_keys(job, row)",
        UNLENT,
        "two images with the same bytes",
        0,
    ),
    # recovery
    Guard(
        ProcessRange, "__call__", "job.state in ENDED", "job.state in (*ENDED, JobState.FINISHING)", "one row"
    ),
    Guard(
        ProcessRange,
        "__call__",
        "if receives > WHOLE_TRIES and len(parts) > 1:",
        "if False:",
        "an image that kills its worker",
        0,
    ),
    Guard(GiveUp, "__call__", "self.carry_on(job, message.range)", "pass", "an image that kills its worker"),
    Guard(CarryOn, "__call__", "self.ask_completion(job.id, job.run)", "pass", "one row", 0),
    Guard(
        RecordImages,
        "recorded",
        "own |= {at: image for at, image in to_write.items() if at[0] in saved}",
        "own |= to_write",
        "recorded one by one, and a worker sleeps",
    ),
    Guard(RecordImages, "_delete_unreferenced", "and link not in kept", "", "a worker sleeps", 0),
    Guard(
        RecordImages,
        "_delete_unreferenced",
        "None if image.lent else image.link",
        "image.link",
        "repeated, cancelled, and a worker sleeps",
    ),
    Guard(RecordImages, "_delete_unreferenced", "if unreferenced:", "if False:", "a worker sleeps"),
    Guard(
        ReopenRows,
        "__call__",
        "self.send_window(replace(job, ranges=number))",
        "pass",
        "retried without a fault",
        0,
    ),
    Guard(TendJob, "_tend_running", "self._resend_due_ranges(job)", "pass", "three ranges in two lanes"),
    Guard(TendJob, "_tend_running", "self.ask_completion(job.id, job.run)", "pass", "no images"),
    Guard(
        TendJob,
        "__call__",
        "self.aggregator_queue.send([FinishJob(job.id, job.run)])",
        "pass",
        "hosts that fail",
    ),
    Guard(TendJob, "_tend_unsealed", "self.reopen_rows(job, seconds_left)", "True", "retried", 0),
    Guard(TendJob, "_tend_unsealed", "self.jobs.abandon(job.id, self.clock())", "pass", "no images"),
    Guard(
        TendJob,
        "_tend_webhook",
        "self.webhook_queue.send([DeliverWebhook(job.id, job.run)])",
        "pass",
        "a receiver that answers 503",
    ),
]
