"""Retries, host backoff and concurrency of CompressImages; test_process_range tests whole ranges."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Condition, Event, Lock
from typing import Any

import pytest

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.report import Times
from catalight.domain.job.row import Image
from catalight.domain.web.hosts import Host
from catalight.usecases.images.byte_budget import ByteBudget
from catalight.usecases.images.compress_images import CompressImages
from catalight.usecases.images.work import Task
from tests.fakes import FakeClock, MemoryStore
from tests.pipeline import CODING, MISSING, SOURCE, THREADS, Pipeline, an_output, answering

type Seconds = Callable[[], float]

TIMEOUT = 10  # seconds that a thread waits for another before a test fails


def refusal(status: int, retry_after: float | None = None) -> ImageError:
    return ImageError(
        ImageErrorCode.HTTP_ERROR,
        f"The host answered {status}.",
        transient=True,
        status=status,
        retry_after=retry_after,
    )


class Setup:
    """CompressImages with its collaborators; call it with URLs or images to compress."""

    def __init__(self, hosts: dict[str, bytes | Exception] | None = None, **settings: Any) -> None:
        self.pipeline = Pipeline(hosts=hosts or {})
        self.clock, self.fetched = self.pipeline.clock, self.pipeline.fetched
        self.hosts = self.pipeline.host_backoffs
        threads = THREADS if "downloads" in settings else self.pipeline.threads
        self.compress_images: CompressImages = replace(
            self.pipeline.compress_images, threads=threads, **settings
        )
        self.job = self.pipeline.start("http://h/a.jpg")

    def __call__(self, *images: str | Image, seconds_left: Seconds = lambda: 100.0) -> list[Image]:
        given = [image if isinstance(image, Image) else Image(image) for image in images]
        tasks = [Task(0, place, image) for place, image in enumerate(given)]
        [made] = self.compress_images(self.job, tasks, seconds_left) if tasks else [{}]
        assert len(made) == len(tasks)
        return [made[0, place] for place in range(len(tasks))]

    def in_seconds(self, seconds: float) -> datetime:
        return self.clock() + timedelta(seconds=seconds)

    def stored(self, name: str, seconds: float, strikes: int = 1) -> Host:
        """A backoff of the job's owner."""
        return Host(name, self.in_seconds(seconds), strikes, self.job.owner)


class SlowStore(MemoryStore):
    """A store in which each `put` takes 0.1 s of its clock."""

    clock: FakeClock

    def put(self, key: str, data: bytes, media_type: str) -> None:
        self.clock.forward(0.1)
        super().put(key, data, media_type)


class TestRetries:
    @pytest.mark.parametrize(("random", "seconds"), [(0.0, 1.0), (0.5, 2.0), (0.75, 2.5)])
    def test_a_pause_before_the_next_try_has_jitter(self, random: float, seconds: float) -> None:
        setup = Setup({"http://h/a": refusal(500)}, random=lambda: random)
        [image] = setup("http://h/a")
        assert (image.attempts, image.not_before) == (1, setup.in_seconds(seconds))
        assert image.waiting_since == setup.clock()

    @pytest.mark.parametrize("status", [408, 429, 500, 503])
    def test_the_next_try_is_not_before_the_hosts_retry_after(self, status: int) -> None:
        setup = Setup({"http://h/a": refusal(status, retry_after=30)})
        [image] = setup("http://h/a")
        assert image.not_before
        assert setup.in_seconds(30) <= image.not_before <= setup.in_seconds(33)

    def test_a_shorter_retry_after_does_not_shorten_the_pause(self) -> None:
        setup = Setup({"http://h/a": refusal(500, retry_after=1)})
        [image] = setup("http://h/a")
        assert image.not_before == setup.in_seconds(2)

    def test_a_permanent_failure_is_not_retried(self) -> None:
        [image] = Setup({"http://h/a": MISSING})("http://h/a")
        assert (image.state, image.error) == ("FAILED", "not_found")

    def test_a_retry_after_beyond_the_deadline_fails_the_image(self) -> None:
        setup = Setup({"http://h/a": refusal(429, retry_after=3601)})
        [image] = setup("http://h/a")
        assert (image.state, image.error, image.detail) == ("FAILED", "http_error", "The host answered 429.")

    def test_the_deadline_counts_from_the_first_failure(self) -> None:
        setup = Setup({"http://h/a": refusal(500)}, deadline=60, pauses=[50, 50])
        [image] = setup("http://h/a")
        assert image.not_before == setup.in_seconds(50)
        setup.clock.forward(50)
        [image] = setup(image)
        assert (image.state, image.error) == ("FAILED", "http_error")

    def test_an_outage_of_our_services_costs_neither_an_attempt_nor_time(self) -> None:
        setup = Setup(deadline=60)
        waited = Image("http://h/a").waiting(setup.in_seconds(50), setup.clock(), 60)
        setup.clock.forward(50)
        setup.pipeline.store.down = True
        [image] = setup(waited)
        assert (image.attempts, image.not_before) == (0, setup.in_seconds(60))
        setup.clock.forward(3600)
        setup.pipeline.hosts["http://h/a"] = refusal(500)
        [image] = setup(image)
        assert (image.state, image.attempts) == ("PENDING", 1)


class TestHostBackoff:
    @pytest.mark.parametrize(("status", "attempts"), [(429, 0), (503, 1)])
    def test_other_images_of_the_host_wait_and_lose_no_attempt(self, status: int, attempts: int) -> None:
        setup = Setup({"http://h/a": refusal(status, retry_after=30)})
        first, second, other = setup("http://h/a", "http://h/b", "http://other/c")
        assert setup.fetched == ["http://h/a", "http://other/c"]
        assert (first.attempts, second.attempts, other.state) == (attempts, 0, "DONE")
        assert first.error == "http_error"
        assert second.not_before == setup.in_seconds(31.5)
        assert second.waiting_since == setup.clock()

    def test_a_backoff_is_stored_for_other_instances(self) -> None:
        setup = Setup({"http://H/a": refusal(503)})
        setup("http://H/a")
        assert set(setup.hosts.hosts.values()) == {
            Host("h:80", setup.in_seconds(2), 1, setup.job.owner),
            Host("h:80", setup.in_seconds(2), 1),
        }

    def test_a_backoff_stored_by_another_instance_is_respected(self) -> None:
        setup = Setup()
        setup.hosts.back_off([setup.stored("h:80", 100)])
        throttled, other_port = setup("http://h/a", "http://h:81/a")
        assert setup.fetched == ["http://h:81/a"]
        assert (throttled.attempts, throttled.not_before) == (0, setup.in_seconds(105))
        assert other_port.state == "DONE"
        setup.clock.forward(105)
        [image] = setup(throttled)
        assert image.state == "DONE"

    def test_each_strike_makes_the_backoff_longer_and_a_burst_counts_as_one(self) -> None:
        answers = {f"http://h/{name}": refusal(503) for name in "abc"}
        together = Barrier(3)
        setup = Setup(downloads=3, per_host=3)

        def fetch(url: str, _: object) -> bytes:
            together.wait(TIMEOUT)
            raise answers[url]

        setup.compress_images = replace(setup.compress_images, fetch=answering(fetch))
        for strikes, seconds in ((1, 2), (2, 4), (3, 8)):
            setup(*answers)
            assert setup.hosts.hosts["h:80", setup.job.owner] == setup.stored("h:80", seconds, strikes)
            assert setup.hosts.writes == strikes
            setup.clock.forward(seconds)

    def test_429_costs_an_image_no_attempt_but_its_deadline_still_ends_it(self) -> None:
        setup = Setup({"http://h/a": refusal(429)})
        [image] = setup("http://h/a")
        asked = 1
        while image.state == "PENDING":
            assert image.not_before
            setup.clock.forward((image.not_before - setup.clock()).total_seconds())
            [image] = setup(image)
            asked += 1
        assert (image.state, image.error, image.attempts) == ("FAILED", "http_error", 0)
        assert 10 < asked < 30

    def test_the_backoff_of_a_host_that_serves_again_is_deleted(self) -> None:
        setup = Setup()
        setup.hosts.back_off([setup.stored("h:80", 0, strikes=7)])
        setup("http://h/a", "http://h/b")
        assert setup.hosts.hosts == {}

    @pytest.mark.parametrize("error", [refusal(500), refusal(408), MISSING])
    def test_other_failures_affect_only_their_image(self, error: ImageError) -> None:
        setup = Setup({"http://h/a": error})
        _, second = setup("http://h/a", "http://h/b")
        assert second.state == "DONE"
        assert setup.hosts.hosts == {}

    def test_an_image_whose_host_backs_off_past_the_deadline_fails_with_deadline_exceeded(self) -> None:
        setup = Setup({"http://h/a": refusal(429, retry_after=1e8)})
        _, second = setup("http://h/a", "http://h/b")
        assert second.state == "PENDING"
        assert setup.hosts.hosts["h:80", setup.job.owner].until == setup.in_seconds(1800)
        setup.clock.forward(1981)
        _, second = setup("http://h/a", second)
        assert (second.state, second.error) == ("FAILED", "deadline_exceeded")

    def test_a_retry_after_of_an_hour_is_allowed(self) -> None:
        setup = Setup({"http://h/a": refusal(429, retry_after=3600)}, deadline=7200)
        assert {image.state for image in setup("http://h/a", "http://h/b")} == {"PENDING"}

    def test_while_the_store_is_down_hardly_anything_is_downloaded(self) -> None:
        setup = Setup(downloads=2, per_host=1)
        setup.pipeline.store.down = True
        images = setup(*(f"http://{host}/{n}" for host in "hi" for n in range(9)))
        assert len(setup.fetched) <= 2
        assert {image.state for image in images} == {"PENDING"}

    def test_an_outage_of_the_host_collection_stops_nothing(self) -> None:
        setup = Setup({"http://h/a": refusal(503)})
        setup.hosts.down = True
        first, second, other = setup("http://h/a", "http://h/b", "http://other/c")
        assert (first.attempts, second.attempts, other.state) == (1, 0, "DONE")
        assert second.not_before == setup.in_seconds(2.5)

    def test_a_job_completes_although_its_host_throttles(self) -> None:
        pipeline = Pipeline()
        serves_again = pipeline.clock() + timedelta(seconds=60)

        def fetch(url: str, _: object) -> bytes:
            pipeline.fetched.append(url)
            if pipeline.clock() < serves_again:
                raise refusal(429)
            return url.encode()

        compress_images = replace(pipeline.compress_images, fetch=answering(fetch), pauses=[2, 2, 2, 2, 2])
        pipeline.process_range = replace(pipeline.process_range, compress_images=compress_images)
        rows = (" ".join(f"http://h/{row}{n}.jpg" for n in range(10)) for row in range(4))
        job = pipeline.start(*rows)
        pipeline.run()
        assert pipeline.jobs.get(job.id).counts.done == 40
        assert len(pipeline.fetched) == 40 + 5  # it was asked at 0, 2, 6, 14 and 30 seconds


class TestOwners:
    """`OTHER` meets what its host does; the job of the setup belongs to somebody else."""

    OTHER = "another"

    def meets(self, setup: Setup, error: ImageError) -> None:
        """Let an image of `OTHER` meet a refusal of the host h."""

        def refuse(url: str, _: object) -> bytes:
            raise error

        refusing = replace(setup.pipeline.compress_images, fetch=answering(refuse))
        job = replace(setup.job, owner=self.OTHER)
        [_] = refusing(job, [Task(0, 0, Image("http://h/bad"))], lambda: 100.0)

    def test_a_long_retry_after_binds_the_owner_that_met_it(self) -> None:
        setup = Setup()
        self.meets(setup, refusal(503, retry_after=3600))
        [image] = setup("http://h/a")
        assert image.not_before == setup.in_seconds(10.5)
        setup.clock.forward(10.5)
        assert [image.state for image in setup(image, "http://h/b")] == ["DONE", "DONE"]
        assert setup.hosts.hosts["h:80", self.OTHER].until > setup.in_seconds(1700)

    def test_a_short_pause_is_shared_and_strikes_are_not(self) -> None:
        setup = Setup({"http://h/a": refusal(503)})
        for seconds in (2, 4, 8, 16, 32):
            self.meets(setup, refusal(503))
            [image] = setup("http://h/new")
            until = min(seconds, 10)
            assert image.not_before == setup.in_seconds(until + 0.5 * max(1, until / 10))
            setup.clock.forward(seconds)
        setup("http://h/a")
        assert setup.hosts.hosts["h:80", setup.job.owner] == setup.stored("h:80", 2)

    def test_an_image_waits_for_others_once_however_often_they_renew_it(self) -> None:
        setup = Setup()
        self.meets(setup, refusal(429, retry_after=8))
        [image] = setup("http://h/a")
        assert image.not_before
        setup.clock.forward((image.not_before - setup.clock()).total_seconds())
        self.meets(setup, refusal(429, retry_after=8))
        [image] = setup(image)
        assert (image.state, image.attempts) == ("DONE", 0)

    def test_an_owners_own_backoff_holds_for_images_that_have_waited(self) -> None:
        setup = Setup()
        waited = Image("http://h/a").waiting(setup.clock(), setup.clock(), 60)
        setup.hosts.back_off([setup.stored("h:80", 100)])
        [image] = setup(waited)
        assert image.not_before == setup.in_seconds(105)

    def test_a_backoff_that_an_earlier_release_stored_binds_for_seconds(self) -> None:
        setup = Setup()
        setup.hosts.back_off([Host("h:80", setup.in_seconds(1800), 8)])
        [image] = setup("http://h/a")
        assert image.not_before == setup.in_seconds(10.5)


class TestConnections:
    def test_a_slow_host_does_not_delay_other_hosts(self) -> None:
        """All images of the fast host are fetched while the slow one, which comes first, does not respond."""
        slow = [f"http://slow/{n}" for n in range(8)]
        fast = [f"http://fast/{n}" for n in range(8)]
        lock, fast_done = Lock(), Event()
        busy, most, done = Counter[str](), Counter[str](), Counter[str]()

        def fetch(url: str, _: object) -> bytes:
            host = url[7:11]
            with lock:
                busy[host] += 1
                most[host] = max(most[host], busy[host])
            assert host == "fast" or fast_done.wait(TIMEOUT)
            with lock:
                busy[host] -= 1
                done[host] += 1
                if done["fast"] == len(fast):
                    fast_done.set()
            return url.encode()

        images = Setup(fetch=answering(fetch), downloads=4, per_host=2)(*slow, *fast)
        assert {image.state for image in images} == {"DONE"}
        assert max(most.values()) <= 2

    def test_while_an_image_is_compressed_the_next_is_fetched_from_the_same_host(self) -> None:
        second_fetched = Event()
        setup = Setup(downloads=2, per_host=1)

        def fetch(url: str, _: object) -> bytes:
            if url == "http://h/b":
                second_fetched.set()
            return url.encode()

        def compress(data: bytes, options: Any, job: str) -> Any:
            assert second_fetched.wait(TIMEOUT)
            return setup.pipeline.compress(data, options, job)

        setup.compress_images = replace(setup.compress_images, fetch=answering(fetch), compress=compress)
        assert [image.state for image in setup("http://h/a", "http://h/b")] == ["DONE", "DONE"]

    def test_the_codec_learns_which_job_an_image_belongs_to(self) -> None:
        jobs = list[str]()

        def compress(data: bytes, options: Any, job: str) -> Any:
            jobs.append(job)
            return [an_output(data)]

        setup = Setup(compress=compress)
        setup("http://h/a", "http://h/b")
        assert jobs == [setup.job.id] * 2

    def test_the_codec_learns_of_the_job_before_the_first_download_is_done(self) -> None:
        expected, jobs = Event(), list[str]()

        def fetch(url: str, _: object) -> bytes:
            assert expected.wait(TIMEOUT)
            return url.encode()

        def expect(job: str) -> None:
            jobs.append(job)
            expected.set()

        setup = Setup(downloads=2)
        setup.compress_images = replace(setup.compress_images, fetch=answering(fetch), expect=expect)
        assert [image.state for image in setup("http://h/a", "http://h/b")] == ["DONE", "DONE"]
        assert jobs == [setup.job.id]

    def test_while_the_store_is_slow_the_output_budget_limits_compressed_images(self) -> None:
        changed, made, store_answers = Condition(), Counter[str](), Event()

        class SilentStore(MemoryStore):
            def put(self, key: str, data: bytes, media_type: str) -> None:
                assert store_answers.wait(TIMEOUT)
                super().put(key, data, media_type)

        def compress(data: bytes, options: Any, job: str) -> Any:
            with changed:
                made["outputs"] += 1
                changed.notify_all()
            return [an_output(b"123456")]

        setup = Setup(
            downloads=8,
            per_host=8,
            output_budget=ByteBudget(12),
            coding=Lock(),
            compress=compress,
            store=SilentStore(),
        )
        with ThreadPoolExecutor(1) as threads:
            images = threads.submit(setup, *(f"http://h/{n}" for n in range(20)))
            with changed:
                assert changed.wait_for(
                    lambda: made["outputs"] == 3, TIMEOUT
                )  # one more than fits into the budget
                assert not changed.wait_for(lambda: made["outputs"] > 3, 0.05)
            store_answers.set()
            assert {image.state for image in images.result(TIMEOUT)} == {"DONE"}

    def test_a_failed_download_frees_its_host_connection(self) -> None:
        faults: list[bytes | Exception] = [MISSING, RuntimeError("a bug")]
        answers = {f"http://h/{n}": faults[n % 2] for n in range(6)}
        images = Setup(answers, downloads=3, per_host=1)(*answers)
        assert Counter(image.error for image in images) == {"not_found": 3, "internal_error": 3}


class TestReport:
    def test_an_image_reports_its_source_and_stage_times(self) -> None:
        setup, store = Setup(), SlowStore()
        store.clock = setup.clock

        def fetch(url: str, _: object) -> bytes:
            setup.clock.forward(0.25)
            return url.encode()

        setup.compress_images = replace(setup.compress_images, fetch=answering(fetch), store=store)
        [image] = setup("http://h/a")
        assert (image.format, image.source) == (ImageFormat.JPEG, SOURCE)
        assert image.times == CODING + Times(fetch=250, store=100)

    def test_a_failed_image_has_no_report(self) -> None:
        [image] = Setup({"http://h/a": MISSING})("http://h/a")
        assert (image.format, image.source, image.times) == (None, None, None)


class TestTime:
    def test_the_first_downloads_start_even_with_little_time_left(self) -> None:
        setup = Setup(downloads=3, per_host=2)
        images = setup(*(f"http://{n}/a" for n in range(5)), seconds_left=lambda: 1.0)
        assert len(setup.fetched) == 2
        assert sum(image.state == "DONE" for image in images) == 1
        assert sum(image == Image(image.url) for image in images) == 4

    def test_images_of_a_throttled_host_do_not_count_as_the_first(self) -> None:
        setup = Setup()
        setup.hosts.back_off([setup.stored("h:80", 100)])
        waiting, done = setup("http://h/a", "http://other/a", seconds_left=lambda: 1.0)
        assert (waiting.not_before, done.state) == (setup.in_seconds(105), "DONE")

    def test_no_images_give_an_empty_result(self) -> None:
        assert Setup()() == []
