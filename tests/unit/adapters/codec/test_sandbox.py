"""The sandbox: it returns the codec's results, and contains images that would harm their process."""

import errno
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.processes import descendants
from catalight.adapters.codec import child as child_module
from catalight.adapters.codec import worker
from catalight.adapters.codec.answers import SandboxError
from catalight.adapters.codec.child import Child
from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.sandbox import Sandbox
from catalight.adapters.codec.shared_lock import SharedLock
from catalight.adapters.logging.traces import trace
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import Target
from catalight.domain.image.limits import KEPT_BYTES, LIMITS, Limits
from catalight.domain.image.rendition import Rendition
from local.hosts.images import draw
from tests.faults import bomb

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits need Linux")

SMALL = draw(1, 320, 240)
SLOW = bomb.draw(1200, scans=20_000)  # a minute of CPU time if the scans are not counted
DEFAULTS = Rendition()
JOB = "job"
UNCOUNTED = replace(LIMITS, scanned=10**15)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(LIMITS)
    yield sandbox
    sandbox.close()


def one(sandbox: Sandbox, data: bytes, rendition: Rendition = DEFAULTS) -> Compressed:
    """Return the only output of an image; raise its error."""
    [made] = sandbox.compress(data, [rendition], JOB)
    if isinstance(made, ImageError):
        raise made
    return made


def refused(limits: Limits, data: bytes = SMALL, options: Rendition = DEFAULTS) -> ImageError:
    """Return the error that compressing the image in a new sandbox raises."""
    sandbox = Sandbox(limits)
    try:
        with pytest.raises(ImageError) as caught:
            one(sandbox, data, options)
    finally:
        sandbox.close()
    return caught.value


def children() -> list[int]:
    """Return the codec processes: the fork server's children."""
    return [child for server in servers() for child in descendants(server)]


def servers() -> list[int]:
    threads = Path("/proc/self/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def compressing() -> set[int]:
    """Return the children that have been compressing for a while."""
    found = set()
    with suppress(FileNotFoundError, ProcessLookupError):  # one ended in the meantime
        found = {child for child in children() if cpu_ticks(child) > 60}
    return found


def next_compressing(others: Set[int]) -> int:
    """Wait for a child, not one of the others, that has been compressing for a while."""
    deadline = time.monotonic() + 30
    while not (found := compressing() - others):
        assert time.monotonic() < deadline
        os.sched_yield()
    [child] = found
    return child


def mapped(pid: int) -> int:
    """The size of a process's address space in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # it ends while it is read
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        os.sched_yield()


@pytest.mark.parametrize("target", Target)
def test_results_are_the_codecs(sandbox: Sandbox, target: Target) -> None:
    options = Rendition(format=target, max_width=100)
    assert one(sandbox, SMALL, options) == compress(SMALL, options)


def test_each_stage_is_timed(sandbox: Sandbox) -> None:
    times = one(sandbox, draw(1, 3000, 2000), Rendition(max_width=2900)).times
    assert min(times.decode, times.resize, times.encode) > 0


def test_a_child_is_reused_for_the_next_image(sandbox: Sandbox) -> None:
    sandbox.start()
    wait_until(lambda: len(children()) == 1)
    [child] = children()
    for _ in range(3):
        one(sandbox, SMALL)
    with pytest.raises(ImageError, match="not_an_image"):
        one(sandbox, b"text")
    assert children() == [child]


def test_the_child_of_an_expected_job_starts_before_its_first_image(sandbox: Sandbox) -> None:
    sandbox.compress(SMALL, [DEFAULTS], "A")
    [old] = children()
    sandbox.expect("B")
    assert not running(old)
    wait_until(lambda: len(children()) == 1)
    [child] = children()
    for _ in range(2):
        assert sandbox.compress(SMALL, [DEFAULTS], "B") == [compress(SMALL, DEFAULTS)]
        sandbox.expect("B")
        assert children() == [child]


def test_the_child_that_is_ready_serves_the_job_that_comes(sandbox: Sandbox) -> None:
    sandbox.start()
    wait_until(lambda: len(children()) == 1)
    before = children()
    sandbox.expect(JOB)
    sandbox.compress(SMALL, [DEFAULTS], JOB)
    assert children() == before


def test_an_expecting_child_that_has_died_is_replaced(sandbox: Sandbox) -> None:
    sandbox.expect(JOB)
    [first] = sandbox._idle
    assert first._channel.recv(1, socket.MSG_PEEK)  # it has said that it is ready, and nobody has read that
    [dead] = children()
    os.kill(dead, signal.SIGKILL)
    wait_until(lambda: not first.alive)
    sandbox.expect(JOB)
    wait_until(lambda: children() not in ([], [dead]))
    [child] = children()
    assert sandbox.compress(SMALL, [DEFAULTS], JOB) == [compress(SMALL, DEFAULTS)]
    assert children() == [child]


def test_an_expecting_child_ends_with_its_sandbox(sandbox: Sandbox) -> None:
    sandbox.expect(JOB)
    wait_until(lambda: len(children()) == 1)
    [child] = children()
    sandbox.close()
    assert not running(child)
    assert servers() == []


def test_a_job_is_expected_even_if_no_child_can_be_started(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*call: Any, **settings: Any) -> None:
        raise OSError(errno.ENOMEM, "")

    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", no_memory)
        sandbox.expect(JOB)
    assert sandbox.compress(SMALL, [DEFAULTS], JOB) == [compress(SMALL, DEFAULTS)]


def test_the_first_image_finds_the_pages_copied(sandbox: Sandbox) -> None:
    """Else it waits until the kernel has copied hundreds of pages, one by one, which takes 1 to 2 ms."""
    sandbox.expect(JOB)
    wait_until(lambda: len(children()) == 1)
    [child] = children()
    sandbox._idle[0]._start()
    before = page_faults(child)
    sandbox.compress(SMALL, [DEFAULTS], JOB)
    assert page_faults(child) - before < 200


def page_faults(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[7])


def test_a_child_returns_the_memory_of_a_large_image(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "1000000000")
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1000000000")
    one(sandbox, SMALL)
    [child] = children()
    before = mapped(child)
    # Resized, because the fast path needs little memory.
    one(sandbox, draw(1, 7000, 5000), Rendition(max_width=6999))
    assert children() == [child]
    assert mapped(child) - before < KEPT_BYTES


def test_a_child_that_keeps_too_much_memory_is_bloated() -> None:
    space = worker.AddressSpace()
    assert space.before == mapped(os.getpid())
    assert not space.is_bloated()
    space.before -= 2 * KEPT_BYTES
    assert space.is_bloated()


def test_cpu_time_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "WALL", 100)  # on a busy machine it may get little CPU time
    error = refused(replace(UNCOUNTED, cpu_seconds=1), SLOW)
    assert error.code is Code.GAVE_UP
    assert error.detail == "Compressing the image took more than 1 s of CPU time."


def test_a_child_that_may_run_out_of_cpu_time_is_replaced(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it may use in its life cannot be raised, so an image must never meet the end of it."""
    monkeypatch.setattr(child_module, "LIFE", 1)
    for _ in range(2):
        one(sandbox, SMALL)
        assert children() == []
    monkeypatch.setattr(child_module, "LIFE", 3)
    one(sandbox, SMALL)
    [child] = children()
    one(sandbox, SMALL)
    assert children() == [child]


def test_wall_clock_time_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "WALL", 0.01)
    error = refused(UNCOUNTED, SLOW)
    assert error.code is Code.GAVE_UP
    assert error.detail == "Compressing the image took more than 0.2 s."


def test_memory_is_limited() -> None:
    """Also if the header does not show it: here by bytes after the image data."""
    error = refused(replace(LIMITS, memory=220_000_000), SMALL + bytes(200_000_000))
    assert error.code is Code.GAVE_UP
    assert error.detail == "Compressing the image took more than 220,000,000 bytes of memory."


def test_the_output_size_is_limited() -> None:
    for target in Target:
        error = refused(replace(LIMITS, output_bytes=1000), options=Rendition(format=target))
        assert error.code is Code.TOO_MANY_BYTES
        assert error.detail == "The compressed image has more than 1,000 bytes."


def test_the_kernel_enforces_the_limits(sandbox: Sandbox) -> None:
    one(sandbox, SMALL)
    [child] = children()
    lines = Path(f"/proc/{child}/limits").read_text().splitlines()
    held = {line[:25].strip(): line[25:].split()[:2] for line in lines}
    assert held["Max address space"] == [str(LIMITS.memory)] * 2
    assert held["Max file size"] == [str(LIMITS.output_bytes + 1)] * 2
    assert held["Max core file size"] == ["0", "0"]
    assert int(held["Max cpu time"][0]) <= LIMITS.cpu_seconds + 3


def test_two_crashes_fail_only_their_own_image() -> None:
    with closing(Sandbox(UNCOUNTED)) as sandbox, ThreadPoolExecutor() as threads:
        one(sandbox, SMALL)
        crashing = threads.submit(one, sandbox, SLOW)
        killed = set[int]()
        for _ in range(2):
            child = next_compressing(killed)
            killed.add(child)
            os.kill(child, signal.SIGSEGV)
        with pytest.raises(ImageError, match=r"gave_up: Compressing the image crashed the decoder twice\."):
            crashing.result()
        assert one(sandbox, SMALL) == compress(SMALL, DEFAULTS)
    assert children() == []


DEATHS = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT]


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("started", [False, True], ids=["new", "used"])
def test_an_image_whose_child_is_killed_once_is_compressed_by_another(
    sandbox: Sandbox, death: signal.Signals, *, started: bool
) -> None:
    sandbox.start()
    if started:
        one(sandbox, SMALL)
    wait_until(lambda: len(children()) == 1)
    [child] = children()
    os.kill(child, signal.SIGSTOP)
    with ThreadPoolExecutor() as threads:
        result = threads.submit(one, sandbox, SMALL)
        wait_until(lambda: not sandbox._idle)  # the child has got the image, or is about to
        os.kill(child, death)
        os.kill(child, signal.SIGCONT)
        assert result.result() == compress(SMALL, DEFAULTS)
    [other] = children()
    assert other != child


@pytest.mark.parametrize("failures", [1, 2])
def test_a_child_that_cannot_be_started_is_started_once_more(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    start, left = subprocess.Popen, [OSError(errno.ENOMEM, "")] * failures

    def no_memory(*call: Any, **settings: Any) -> subprocess.Popen[bytes]:
        if left:
            raise left.pop()
        return start(*call, **settings)

    monkeypatch.setattr(subprocess, "Popen", no_memory)
    if failures == 2:
        with pytest.raises(SandboxError):
            one(sandbox, SMALL)
    assert one(sandbox, SMALL) == compress(SMALL, DEFAULTS)


def test_while_an_image_is_tried_again_no_other_child_works(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter of the children are killed at their first image, with four threads at work."""
    work = Child.compress
    doomed = iter([True, False, False, False] * 10)
    working, alone, overlaps = [0], threading.Event(), []

    def watched(child: Child, *call: Any) -> Iterator[dict[str, Any]]:
        working[0] += 1
        overlaps.append(working[0] > 1 and alone.is_set())
        try:
            if not alone.is_set() and next(doomed, False):
                child._end()
            yield from work(child, *call)
        finally:
            working[0] -= 1

    class Watched(SharedLock):
        @contextmanager
        def alone(self) -> Iterator[None]:
            with super().alone():
                alone.set()
                yield
                alone.clear()

    monkeypatch.setattr(Child, "compress", watched)
    monkeypatch.setattr(sandbox, "_lock", Watched())
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: one(sandbox, SMALL), range(40)))
    assert results == [compress(SMALL, DEFAULTS)] * 40
    assert len(overlaps) == 50
    assert not any(overlaps)


@pytest.mark.parametrize(("before", "tries"), [([], 1), ([SMALL], 2)], ids=["new", "used"])
def test_memory_that_earlier_images_may_have_taken_is_not_held_against_an_image(
    monkeypatch: pytest.MonkeyPatch, before: list[bytes], tries: int
) -> None:
    sandbox = Sandbox(replace(LIMITS, memory=220_000_000))
    for data in before:
        one(sandbox, data)
    tried = counted(monkeypatch)
    with pytest.raises(ImageError, match=r"gave_up: .* took more than 220,000,000 bytes of memory"):
        one(sandbox, SMALL + bytes(200_000_000))
    assert len(tried) == tries
    sandbox.close()


def counted(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list that grows with each try at an image."""
    work, tried = Child.compress, list[None]()

    def compress_counted(*call: Any) -> Iterator[dict[str, Any]]:
        tried.append(None)
        return work(*call)

    monkeypatch.setattr(Child, "compress", compress_counted)
    return tried


@pytest.mark.parametrize("limit", ["cpu", "wall"])
def test_an_image_that_takes_too_long_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(child_module, "WALL", 100 if limit == "cpu" else 0.3)
    tried = counted(monkeypatch)
    assert refused(replace(UNCOUNTED, cpu_seconds=1), SLOW).code is Code.GAVE_UP
    assert len(tried) == 1


def test_a_child_that_has_died_between_two_images_is_replaced(sandbox: Sandbox) -> None:
    one(sandbox, SMALL)
    [child] = children()
    os.kill(child, signal.SIGKILL)
    wait_until(lambda: not running(child))
    assert one(sandbox, SMALL) == compress(SMALL, DEFAULTS)


def test_a_bug_in_the_codec_is_not_an_image_error(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(LIMITS)
    monkeypatch.setattr(Rendition, "to_document", lambda self: {"quality": "x"})
    with pytest.raises(SandboxError) as failed:
        one(sandbox, SMALL)
    sandbox.close()
    report = "".join(trace(failed.value))
    assert "in from_document" in report  # the frame in the child that failed
    assert "KeyError\n" in report
    assert "KeyError: 'format'" not in report  # an exception's text may contain anything


def test_the_child_dies_with_its_parent_even_while_compressing(tmp_path: Path) -> None:
    (tmp_path / "slow").write_bytes(SLOW)
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.unit.adapters.codec.test_sandbox import *\n"
        "sandbox = Sandbox(UNCOUNTED); one(sandbox, SMALL)\n"
        "print(json.dumps(children())); sys.stdout.flush()\n"
        "one(sandbox, Path(sys.argv[1]).read_bytes())"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "slow")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        [child] = json.loads(parent.stdout.readline())
        wait_until(lambda: cpu_ticks(child) > 40)  # it is compressing
        parent.kill()
        wait_until(lambda: not running(child))


def cpu_ticks(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11])


def test_the_handler_does_not_import_pillow() -> None:
    script = "import sys, functions.images.handler as _; print([n for n in sys.modules if 'PIL' in n])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert run.stdout == b"[]\n"


def test_codec_warnings_do_not_fill_the_log(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    """libtiff writes a warning for each broken line of a fax image, which may have millions."""
    coded, lines = b"\xff\x00\x13" * 6_000, 6_000
    fields = [(256, 16), (257, lines), (258, 1), (259, 2), (262, 0), (273, 8), (277, 1), (278, lines)]
    fields.append((279, len(coded)))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
    tiff = struct.pack("<2sHI", b"II", 42, 8 + len(coded)) + coded + struct.pack("<H", len(fields)) + entries
    with suppress(ImageError):
        one(sandbox, tiff + bytes(4))
    assert capfd.readouterr().err == ""
