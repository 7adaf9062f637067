"""Use outputs of an owner's earlier jobs again, if their sources have not changed.

An output is stored as long as a job uses it that is not GONE: the job that made it, or one with a claim. So a
handler that uses it first adds a claim, and then checks that a job whose recorded image has the output is not
GONE. The purge of a job does the opposite: the job is GONE first, and then the claims are read. Whichever
comes later sees the other.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from catalight.domain.job import links, reuse
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.output_ids import output_id
from catalight.domain.job.retention import Retention
from catalight.domain.job.reuse import FirstOfBytes, KnownOutput
from catalight.domain.job.row import Image, ImageState
from catalight.usecases.images.work import Place, Recall, Task
from catalight.usecases.jobs.release_outputs import ReleaseOutputs
from catalight.usecases.ports import Clock, JobList, ObjectStore, References, Sources

type Compress = Callable[[Sequence[Task], Recall], Iterator[dict[Place, Image]]]
"""Processes tasks with what is known of their images, and yields these as they end."""


@dataclass(frozen=True, slots=True)
class ReuseOutputs:
    """Recall outputs before images are processed, hold those that are used again, and remember the others.

    `threads` ask the store for objects, and renew those that the bucket would delete before the job ends.

    Whoever deletes objects in the bucket by hand mostly deletes many. So one output of a message is looked
    for while the hosts are asked, another one in each job; the others only if it is missing.
    """

    sources: Sources
    references: References
    jobs: JobList
    store: ObjectStore
    release_outputs: ReleaseOutputs
    threads: Executor
    clock: Clock
    retention: Retention

    def recall(self, job: Job) -> Recall:
        """Return an empty Recall for the images of one message."""
        return Recall(claim=reuse.new_claim(job.id), began=self.clock())

    def __call__(
        self,
        job: Job,
        tasks: Sequence[Task],
        recall: Recall,
        compress: Compress,
        has_time: Callable[[], bool],
    ) -> Iterator[dict[Place, Image]]:
        """Yield the images in their new state, those whose known output is gone last: they are made again.

        If there is no time for one more image, they stay as they are. What was yielded must be remembered
        before the next images are taken.
        """
        recall.ids.update((task.at, output_id(job, task.image, task.stem)) for task in tasks)
        if job.naming:
            recall.stems.update((task.at, task.stem) for task in tasks)
        if not job.reuse.fresh:
            self._look_up(job, tasks, recall)
        refused = set[Place]()
        for images in compress(tasks, recall):
            images |= _own(job, images, recall)
            gone = self._hold(job, images, recall)
            self._release(gone, recall)
            refused |= gone
            yield {at: image for at, image in images.items() if at not in gone}
        again = [task for task in tasks if task.at in refused]
        if not again:
            return
        if has_time():
            recall.forget(refused)
            yield from compress(again, recall)
        else:
            yield self._left(again, recall)

    def remember(self, job: Job, images: Mapping[Place, Image], recall: Recall) -> None:
        """Remember images that are recorded.

        This is best effort. If it is lost, later images with the same bytes are stored once more, and a later
        job makes the image again. `NoteSame` makes up for the positions of what this job has made.

        An output that was used again for an image which a duplicate has recorded is not claimed any more.
        """
        self._release([at for at in recall.held if at not in images], recall)
        recall.claimed.update(recall.held.values())
        recall.held.clear()
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
                chosen=image.chosen,
            )
            position = reuse.position(at[0], at[1] // len(job.renditions))
            for stem in {None, recall.stems.get(at)}:  # the first of all, and the first with this name
                same = reuse.bytes_id(job.id, image.rendition, seen.digest, stem)
                if same not in firsts or position < firsts[same].position:
                    firsts[same] = FirstOfBytes(position, image.link, maker, stored_at)
        if outputs:
            # A job that is extended is still known; one that ends earlier is forgotten when it is purged.
            self.sources.remember(outputs, firsts, job.created_at + self.retention.max_lifetime)

    def _look_up(self, job: Job, tasks: Sequence[Task], recall: Recall) -> None:
        """Find what is remembered of the images, in one query.

        The jobs of these outputs are looked up only when they are claimed: what is gone is rarely remembered.
        """
        now = self.clock()
        found = self.sources.known(list({recall.ids[task.at] for task in tasks}))
        known = {task.at: output for task in tasks if (output := found.get(recall.ids[task.at]))}
        recall.known.update(known)
        recall.trusted.update(
            at for at, output in known.items() if job.reuse.trusts(output.seen.asked_at, now)
        )
        if known:
            sample = min({output.link for output in known.values()}, key=lambda link: _drawn(job, link))
            recall.sample = self.threads.submit(self.store.exists, links.image_key(sample))

    def _hold(self, job: Job, images: Mapping[Place, Image], recall: Recall) -> set[Place]:
        """Refer to the outputs that are used again. Return the places of those that may be gone."""
        used = {at: recall.known[at] for at, image in images.items() if image.unchanged}
        if not used:
            return set()
        self.references.add(recall.claim, list(used.values()))
        recall.held.update((at, known.link) for at, known in used.items())
        gone = self._gone(used) | self._deleted(used, recall)
        held = {at: known for at, known in used.items() if at not in gone}
        recall.origins.update((at, (known.maker, known.stored_at)) for at, known in held.items())
        return gone | self._renew(job, held, images, recall)

    def _left(self, tasks: Sequence[Task], recall: Recall) -> dict[Place, Image]:
        """Return images as they are. Their outputs are forgotten, so the next message makes them first."""
        for task in tasks:
            self.sources.forget([recall.ids[task.at]], recall.known[task.at].holder)
        return {task.at: task.image for task in tasks}

    def _release(self, places: Iterable[Place], recall: Recall) -> None:
        """End the claims to outputs that are not used, unless another image of the message uses the same."""
        links_of = {recall.held.pop(at) for at in places}
        if unused := sorted(links_of - recall.claimed - set(recall.held.values())):
            self.release_outputs.claim(recall.claim, unused)

    def _gone(self, outputs: Mapping[Place, KnownOutput]) -> set[Place]:
        """Return the places of outputs that may be gone, because no job that has recorded them is left."""
        states = self.jobs.states(sorted({one for known in outputs.values() for one in known.holders}))
        alive = {job_id for job_id, (_, state) in states.items() if state is not JobState.GONE}
        return {at for at, known in outputs.items() if alive.isdisjoint(known.holders)}

    def _deleted(self, used: Mapping[Place, KnownOutput], recall: Recall) -> set[Place]:
        """Return the places of outputs that are not in the bucket, if the one that was looked for is not."""
        if recall.sample is None or recall.sample.result():
            return set()
        wanted = list({known.link for known in used.values()})
        stored = self.threads.map(self.store.exists, map(links.image_key, wanted))
        missing = {link for link, exists in zip(wanted, stored, strict=True) if not exists}
        return {at for at, known in used.items() if known.link in missing}

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


def _drawn(job: Job, link: str) -> int:
    """Return a number that orders links differently in each job."""
    return zlib.crc32(f"{job.id}{link}".encode())


def _own(job: Job, images: Mapping[Place, Image], recall: Recall) -> dict[Place, Image]:
    """Return the images whose output this job itself has made, which are not unchanged since an earlier one.

    They need no claim, because the job is the maker.
    """
    used = {at: recall.known[at] for at, image in images.items() if image.unchanged}
    own = {at: known for at, known in used.items() if known.maker == job.id}
    recall.origins.update((at, (known.maker, known.stored_at)) for at, known in own.items())
    return {at: replace(images[at], unchanged=False) for at in own}
