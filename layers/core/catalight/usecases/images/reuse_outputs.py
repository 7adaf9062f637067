"""Use outputs of an owner's earlier jobs again, if their sources have not changed.

An output exists as long as a job refers to it that is not GONE: the job that made it, or one that is named in
its reference. So a job that uses it first adds its own reference, and then checks that a job that holds the
output is not GONE. The purge of a job does the opposite: the job is GONE first, and then the references are
read. Whichever comes later sees the other.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from catalight.domain.job import links, reuse
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.retention import Retention
from catalight.domain.job.reuse import FirstOfBytes, KnownOutput
from catalight.domain.job.row import Image, ImageState
from catalight.usecases.images.work import Place, Recall, Task
from catalight.usecases.ports import Clock, JobList, ObjectStore, References, Sources

type Compress = Callable[[Sequence[Task], Recall], dict[Place, Image]]
"""Processes tasks with what is known of their images."""


def output_id(job: Job, image: Image, stem: str | None) -> bytes:
    """Return the key under which an output of a job is remembered; `stem` is the name in its link."""
    rendition = job.renditions[image.rendition]
    return reuse.output_id(job.owner, image.url, job.request_headers, rendition, stem)


@dataclass(frozen=True, slots=True)
class ReuseOutputs:
    """Recall outputs before images are processed, hold those that are used again, and remember the others.

    `threads` renew objects that the bucket would delete before the job ends.
    """

    sources: Sources
    references: References
    jobs: JobList
    store: ObjectStore
    threads: Executor
    clock: Clock
    retention: Retention

    def recall(self, job: Job) -> Recall:
        """Return an empty Recall for the images of one message."""
        return Recall(began=self.clock())

    def __call__(
        self, job: Job, tasks: Sequence[Task], recall: Recall, compress: Compress
    ) -> dict[Place, Image]:
        """Return the images in their new state. Those whose known output is gone are made again."""
        recall.ids.update((task.at, output_id(job, task.image, task.stem)) for task in tasks)
        if not job.reuse.fresh:
            self._look_up(job, tasks, recall)
        images = compress(tasks, recall)
        refused = self._hold(job, images, recall)
        if refused:
            recall.forget(refused)
            images |= compress([task for task in tasks if task.at in refused], recall)
        return images

    def remember(self, job: Job, images: Mapping[Place, Image], recall: Recall) -> None:
        """Remember images that are recorded. What is lost here costs only work."""
        outputs: dict[bytes, KnownOutput] = {}
        firsts: dict[bytes, FirstOfBytes] = {}
        for at, image in images.items():
            seen = recall.seen.get(at)
            if seen is None or image.state is not ImageState.DONE or image.link is None:
                continue
            maker, stored_at = recall.origins.get(at, (job.id, recall.began or seen.asked_at))
            outputs[recall.ids[at]] = KnownOutput(
                seen,
                image.link,
                maker,
                holder=job.id,
                stored_at=stored_at,
                bytes_out=image.bytes_out,
                width=image.width,
                height=image.height,
                source=image.source,
                kept=image.kept,
                small=image.small,
            )
            position = reuse.position(at[0], at[1] // len(job.renditions))
            same = reuse.bytes_id(job.id, image.rendition, seen.digest)
            if same not in firsts or position < firsts[same].position:
                firsts[same] = FirstOfBytes(position, image.link, maker, stored_at)
        if outputs:
            # A job that is extended is still known; one that ends earlier is forgotten when it is purged.
            self.sources.remember(outputs, firsts, job.created_at + self.retention.max_lifetime)

    def _look_up(self, job: Job, tasks: Sequence[Task], recall: Recall) -> None:
        """Find what is remembered of the images, in one query."""
        now = self.clock()
        found = self.sources.known(list({recall.ids[task.at] for task in tasks}))
        for task in tasks:
            if known := found.get(recall.ids[task.at]):
                recall.known[task.at] = known
                if job.reuse.trusts(known.seen.asked_at, now):
                    recall.trusted.add(task.at)

    def _hold(self, job: Job, images: Mapping[Place, Image], recall: Recall) -> set[Place]:
        """Refer to the outputs that are used again. Return the places of those that may be gone."""
        used = {at: recall.known[at] for at, image in images.items() if image.unchanged}
        if not used:
            return set()
        self.references.add(job.id, list(used.values()))
        states = self.jobs.states(sorted({one for known in used.values() for one in known.holders}))
        alive = {job_id for job_id, (_, state) in states.items() if state is not JobState.GONE}
        gone = {at for at, known in used.items() if alive.isdisjoint(known.holders)}
        held = {at: known for at, known in used.items() if at not in gone}
        recall.origins.update((at, (known.maker, known.stored_at)) for at, known in held.items())
        return gone | self._renew(job, held, images, recall)

    def _renew(
        self, job: Job, held: Mapping[Place, KnownOutput], images: Mapping[Place, Image], recall: Recall
    ) -> set[Place]:
        """Store outputs again that the bucket would delete before the job ends.

        Return the places of those that somebody has deleted in the bucket.
        """
        limit, now = job.expires_at - self.retention.max_lifetime, self.clock()
        waiting = {
            at: self.threads.submit(self.store.renew, links.image_key(known.link), image.format.media_type)
            for at, known in held.items()
            if known.stored_at < limit and (image := images[at]).format
        }
        renewed = {at for at, stored in waiting.items() if stored.result()}
        if renewed:
            self.references.renewed([held[at].link for at in renewed], now)
            recall.origins.update((at, (held[at].maker, now)) for at in renewed)
        return waiting.keys() - renewed
