"""Retries with sense and manners towards hosts; what a range makes of it is in test_process_range."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Condition, Event, Lock
from typing import Any

import pytest

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.options import ImageFormat
from catalight.domain.image.report import Times
from catalight.domain.job.row import Image
from catalight.domain.web.hosts import Host
from catalight.usecases.images.byte_budget import ByteBudget
from catalight.usecases.images.compress_images import CompressImages, Task
from tests.fakes import FakeClock, MemoryStore
from tests.pipeline import CODING, MISSING, SOURCE, THREADS, Pipeline, an_output

type Seconds = Callable[[], float]

PATIENCE = 10  # seconds that a thread waits for another before a test fails


def refusal(status: int, retry_after: float | None = None) -> ImageError:
    return ImageError(
        ImageErrorCode.HTTP_ERROR,
        f"The host answered {status}.",
        transient=True,
        status=status,
        retry_after=retry_after,
    )


class Bench:
    """CompressImages and what it works with; images are made light by URL."""

    def __init__(self, hosts: dict[str, bytes | Exception] | None = None, **settings: Any) -> None:
        self.pipeline = Pipeline(hosts=hosts or {})
        self.clock, self.fetched = self.pipeline.clock, self.pipeline.fetched
        self.hosts = self.pipeline.resting
        threads = THREADS if "downloads" in settings else self.pipeline.threads
        self.compress_images: CompressImages = replace(
            self.pipeline.compress_images, threads=threads, **settings
        )
        self.job = self.pipeline.start("http://h/a.jpg")

    def __call__(self, *images: str | Image, seconds_left: Seconds = lambda: 100.0) -> list[Image]:
        given = [image if isinstance(image, Image) else Image(image) for image in images]
        tasks = [Task(0, place, image) for place, image in enumerate(given)]
        made = self.compress_images(self.job, tasks, seconds_left)
        assert len(made) == len(tasks)
        return [made[0, place] for place in range(len(tasks))]

    def in_seconds(self, seconds: float) -> datetime:
        return self.clock() + timedelta(seconds=seconds)


class SlowStore(MemoryStore):
    """Takes its time, by the clock that it is given."""

    clock: FakeClock

    def put(self, key: str, data: bytes, media_type: str) -> None:
        self.clock.forward(0.1)
        super().put(key, data, media_type)


class TestRetries:
    @pytest.mark.parametrize(("random", "seconds"), [(0.0, 1.0), (0.5, 2.0), (0.75, 2.5)])
    def test_a_pause_before_the_next_try_has_jitter(self, random: float, seconds: float) -> None:
        bench = Bench({"http://h/a": refusal(500)}, random=lambda: random)
        [image] = bench("http://h/a")
        assert (image.attempts, image.not_before) == (1, bench.in_seconds(seconds))
        assert image.waiting_since == bench.clock()

    @pytest.mark.parametrize("status", [408, 429, 500, 503])
    def test_the_next_try_is_not_before_the_host_wants_it(self, status: int) -> None:
        bench = Bench({"http://h/a": refusal(status, retry_after=30)})
        [image] = bench("http://h/a")
        assert image.not_before
        assert bench.in_seconds(30) <= image.not_before <= bench.in_seconds(33)

    def test_a_shorter_wish_does_not_shorten_the_pause(self) -> None:
        bench = Bench({"http://h/a": refusal(500, retry_after=1)})
        [image] = bench("http://h/a")
        assert image.not_before == bench.in_seconds(2)

    def test_a_failure_for_good_never_comes_back(self) -> None:
        [image] = Bench({"http://h/a": MISSING})("http://h/a")
        assert (image.state, image.error) == ("FAILED", "not_found")

    def test_a_wish_beyond_the_deadline_is_the_end(self) -> None:
        bench = Bench({"http://h/a": refusal(429, retry_after=3601)})
        [image] = bench("http://h/a")
        assert (image.state, image.error, image.detail) == ("FAILED", "http_error", "The host answered 429.")

    def test_the_deadline_counts_from_the_first_failure(self) -> None:
        bench = Bench({"http://h/a": refusal(500)}, deadline=60, pauses=[50, 50])
        [image] = bench("http://h/a")
        assert image.not_before == bench.in_seconds(50)
        bench.clock.forward(50)
        [image] = bench(image)
        assert (image.state, image.error) == ("FAILED", "http_error")

    def test_a_service_of_ours_that_is_down_costs_neither_an_attempt_nor_time(self) -> None:
        bench = Bench(deadline=60)
        waited = Image("http://h/a").waiting(bench.in_seconds(50), bench.clock(), 60)
        bench.clock.forward(50)
        bench.pipeline.store.down = True
        [image] = bench(waited)
        assert (image.attempts, image.not_before) == (0, bench.in_seconds(60))
        bench.clock.forward(3600)
        bench.pipeline.hosts["http://h/a"] = refusal(500)
        [image] = bench(image)
        assert (image.state, image.attempts) == ("PENDING", 1)


class TestHostsThatHadEnough:
    @pytest.mark.parametrize(("status", "attempts"), [(429, 0), (503, 1)])
    def test_its_other_images_wait_and_lose_no_attempt(self, status: int, attempts: int) -> None:
        bench = Bench({"http://h/a": refusal(status, retry_after=30)})
        first, second, other = bench("http://h/a", "http://h/b", "http://other/c")
        assert bench.fetched == ["http://h/a", "http://other/c"]
        assert (first.attempts, second.attempts, other.state) == (attempts, 0, "DONE")
        assert first.error == "http_error"
        assert second.not_before == bench.in_seconds(31.5)
        assert second.waiting_since == bench.clock()

    def test_the_other_instances_are_told(self) -> None:
        bench = Bench({"http://H/a": refusal(503)})
        bench("http://H/a")
        assert bench.hosts.hosts == {"h:80": Host("h:80", bench.in_seconds(2), strikes=1)}

    def test_what_other_instances_told_is_heeded(self) -> None:
        bench = Bench()
        bench.hosts.rest("h:80", bench.in_seconds(100), strikes=1)
        resting, other_port = bench("http://h/a", "http://h:81/a")
        assert bench.fetched == ["http://h:81/a"]
        assert (resting.attempts, resting.not_before) == (0, bench.in_seconds(105))
        assert other_port.state == "DONE"
        bench.clock.forward(105)
        [image] = bench(resting)
        assert image.state == "DONE"

    def test_each_strike_makes_the_rest_longer_and_a_burst_is_one(self) -> None:
        answers = {f"http://h/{name}": refusal(503) for name in "abc"}
        together = Barrier(3)
        bench = Bench(downloads=3, per_host=3)

        def fetch(url: str) -> bytes:
            together.wait(PATIENCE)
            raise answers[url]

        bench.compress_images = replace(bench.compress_images, fetch=fetch)
        for strikes, seconds in ((1, 2), (2, 4), (3, 8)):
            bench(*answers)
            assert bench.hosts.hosts["h:80"] == Host("h:80", bench.in_seconds(seconds), strikes)
            bench.clock.forward(seconds)

    def test_too_many_requests_cost_an_image_no_attempt_but_its_time_ends(self) -> None:
        bench = Bench({"http://h/a": refusal(429)})
        [image] = bench("http://h/a")
        asked = 1
        while image.state == "PENDING":
            assert image.not_before
            bench.clock.forward((image.not_before - bench.clock()).total_seconds())
            [image] = bench(image)
            asked += 1
        assert (image.state, image.error, image.attempts) == ("FAILED", "http_error", 0)
        assert 10 < asked < 30

    def test_a_host_that_serves_again_is_forgiven(self) -> None:
        bench = Bench()
        bench.hosts.rest("h:80", bench.clock(), strikes=7)
        bench("http://h/a", "http://h/b")
        assert bench.hosts.hosts == {}

    @pytest.mark.parametrize("error", [refusal(500), refusal(408), MISSING])
    def test_other_failures_are_an_images_own(self, error: ImageError) -> None:
        bench = Bench({"http://h/a": error})
        _, second = bench("http://h/a", "http://h/b")
        assert second.state == "DONE"
        assert bench.hosts.hosts == {}

    def test_an_image_whose_host_rests_past_the_deadline_says_so(self) -> None:
        bench = Bench({"http://h/a": refusal(429, retry_after=1e8)})
        _, second = bench("http://h/a", "http://h/b")
        assert second.state == "PENDING"
        assert bench.hosts.hosts["h:80"].until == bench.in_seconds(1800)
        bench.clock.forward(1981)
        _, second = bench("http://h/a", second)
        assert (second.state, second.error) == ("FAILED", "deadline_exceeded")

    def test_an_hour_is_not_too_long_to_ask_for(self) -> None:
        bench = Bench({"http://h/a": refusal(429, retry_after=3600)}, deadline=7200)
        assert {image.state for image in bench("http://h/a", "http://h/b")} == {"PENDING"}

    def test_while_the_store_is_down_nothing_is_downloaded_for_nothing(self) -> None:
        bench = Bench(downloads=2, per_host=1)
        bench.pipeline.store.down = True
        images = bench(*(f"http://{host}/{n}" for host in "hi" for n in range(9)))
        assert len(bench.fetched) <= 2
        assert {image.state for image in images} == {"PENDING"}

    def test_nothing_depends_on_what_is_known_of_hosts(self) -> None:
        bench = Bench({"http://h/a": refusal(503)})
        bench.hosts.down = True
        first, second, other = bench("http://h/a", "http://h/b", "http://other/c")
        assert (first.attempts, second.attempts, other.state) == (1, 0, "DONE")
        assert second.not_before == bench.in_seconds(2.5)

    def test_a_job_gets_through_a_host_that_needs_a_rest(self) -> None:
        pipeline = Pipeline()
        open_again = pipeline.clock() + timedelta(seconds=60)

        def fetch(url: str) -> bytes:
            pipeline.fetched.append(url)
            if pipeline.clock() < open_again:
                raise refusal(429)
            return url.encode()

        compress_images = replace(pipeline.compress_images, fetch=fetch, pauses=[2, 2, 2, 2, 2])
        pipeline.process_range = replace(pipeline.process_range, compress_images=compress_images)
        ten = " ".join(f"http://h/{n}.jpg" for n in range(10))
        job = pipeline.start(ten, ten, ten, ten)
        pipeline.run()
        assert pipeline.jobs.get(job.id).counts.done == 40
        assert len(pipeline.fetched) == 40 + 5  # it was asked at 0, 2, 6, 14 and 30 seconds


class TestConnections:
    def test_a_slow_host_holds_up_nobody_else(self) -> None:
        """All of the fast host's images are fetched while the slow one, which stands first, is silent."""
        slow = [f"http://slow/{n}" for n in range(8)]
        fast = [f"http://fast/{n}" for n in range(8)]
        lock, fast_done = Lock(), Event()
        busy, most, done = Counter[str](), Counter[str](), Counter[str]()

        def fetch(url: str) -> bytes:
            host = url[7:11]
            with lock:
                busy[host] += 1
                most[host] = max(most[host], busy[host])
            assert host == "fast" or fast_done.wait(PATIENCE)
            with lock:
                busy[host] -= 1
                done[host] += 1
                if done["fast"] == len(fast):
                    fast_done.set()
            return url.encode()

        images = Bench(fetch=fetch, downloads=4, per_host=2)(*slow, *fast)
        assert {image.state for image in images} == {"DONE"}
        assert max(most.values()) <= 2

    def test_while_an_image_is_coded_the_next_is_fetched_from_the_same_host(self) -> None:
        second_fetched = Event()
        bench = Bench(downloads=2, per_host=1)

        def fetch(url: str) -> bytes:
            if url == "http://h/b":
                second_fetched.set()
            return url.encode()

        def compress(data: bytes, options: Any) -> Any:
            assert second_fetched.wait(PATIENCE)
            return bench.pipeline.compress(data, options)

        bench.compress_images = replace(bench.compress_images, fetch=fetch, compress=compress)
        assert [image.state for image in bench("http://h/a", "http://h/b")] == ["DONE", "DONE"]

    def test_while_the_store_is_slow_nothing_is_coded_for_which_there_is_no_room(self) -> None:
        changed, made, store_answers = Condition(), Counter[str](), Event()

        class SilentStore(MemoryStore):
            def put(self, key: str, data: bytes, media_type: str) -> None:
                assert store_answers.wait(PATIENCE)
                super().put(key, data, media_type)

        def compress(data: bytes, options: Any) -> Any:
            with changed:
                made["outputs"] += 1
                changed.notify_all()
            return an_output(b"123456")

        bench = Bench(
            downloads=8,
            per_host=8,
            output_budget=ByteBudget(12),
            coding=Lock(),
            compress=compress,
            store=SilentStore(),
        )
        with ThreadPoolExecutor(1) as threads:
            images = threads.submit(bench, *(f"http://h/{n}" for n in range(20)))
            with changed:
                assert changed.wait_for(
                    lambda: made["outputs"] == 3, PATIENCE
                )  # one more than there is room for
                assert not changed.wait_for(lambda: made["outputs"] > 3, 0.05)
            store_answers.set()
            assert {image.state for image in images.result(PATIENCE)} == {"DONE"}

    def test_a_failed_download_makes_room(self) -> None:
        faults: list[bytes | Exception] = [MISSING, RuntimeError("a fault of ours")]
        answers = {f"http://h/{n}": faults[n % 2] for n in range(6)}
        images = Bench(answers, downloads=3, per_host=1)(*answers)
        assert Counter(image.error for image in images) == {"not_found": 3, "internal_error": 3}


class TestReport:
    def test_an_image_tells_what_it_was_and_what_each_stage_took(self) -> None:
        bench, store = Bench(), SlowStore()
        store.clock = bench.clock

        def fetch(url: str) -> bytes:
            bench.clock.forward(0.25)
            return url.encode()

        bench.compress_images = replace(bench.compress_images, fetch=fetch, store=store)
        [image] = bench("http://h/a")
        assert (image.format, image.source) == (ImageFormat.JPEG, SOURCE)
        assert image.times == CODING + Times(fetch=250, store=100)

    def test_an_image_that_fails_has_none(self) -> None:
        [image] = Bench({"http://h/a": MISSING})("http://h/a")
        assert (image.format, image.source, image.times) == (None, None, None)


class TestTime:
    def test_the_first_downloads_are_begun_however_little_is_left(self) -> None:
        bench = Bench(downloads=3, per_host=2)
        images = bench(*(f"http://{n}/a" for n in range(5)), seconds_left=lambda: 1.0)
        assert len(bench.fetched) == 2
        assert sum(image.state == "DONE" for image in images) == 1
        assert sum(image == Image(image.url) for image in images) == 4

    def test_images_of_a_host_that_is_left_alone_are_not_the_first(self) -> None:
        bench = Bench()
        bench.hosts.rest("h:80", bench.in_seconds(100), strikes=1)
        waiting, done = bench("http://h/a", "http://other/a", seconds_left=lambda: 1.0)
        assert (waiting.not_before, done.state) == (bench.in_seconds(105), "DONE")

    def test_nothing_to_do_is_nothing(self) -> None:
        assert Bench()() == []
