"""Measurements with real processes and small real images."""

from pathlib import Path

import pytest

from bench import images, tables
from bench.candidates import ENGINE, PLAIN, SANDBOX, Candidate, Runner, deployed_tuning
from bench.images import Shot
from bench.measure import Measurement, Result, measure
from bench.modes import HUGE, MODES, Mode

JPEG, RESIZE, *_ = MODES
NOT_INSTALLED = Candidate("absent", ("no-such-program",), frozenset({"jpeg"}), "no-such-package")


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    return images.save([Shot(seed, (120, 80), settings={"quality": 90}) for seed in range(2)], tmp_path)


def measured(sources: list[Path], *candidates: Candidate, mode: Mode = JPEG, rounds: int = 2) -> Measurement:
    return measure(mode, sources, candidates, sources[0].parent, 0, rounds, lambda *_: 0.9)


def test_every_candidate_processes_every_image_in_every_round(sources: list[Path]) -> None:
    measurement = measured(sources, PLAIN, ENGINE)
    assert measurement.rounds == 2
    for candidate in (PLAIN, ENGINE):
        result = measurement.result(candidate)
        assert {path: len(seconds) for path, seconds in result.seconds.items()} == dict.fromkeys(sources, 2)
        assert result.images_a_second > 0
        assert 0.1 < result.output_share < 1
        assert result.similarity == 0.9
        assert result.peak_mb > 10


def test_the_sandbox_is_measured_with_its_child(sources: list[Path]) -> None:
    measurement = measured(sources, ENGINE, SANDBOX)
    alone, sandboxed = measurement.result(ENGINE), measurement.result(SANDBOX)
    assert alone.sizes == sandboxed.sizes
    assert sandboxed.peak_mb > alone.peak_mb + 5


def test_a_candidate_that_is_not_installed_is_left_out_and_reported(sources: list[Path]) -> None:
    measurement = measured(sources, PLAIN, NOT_INSTALLED)
    assert [result.candidate for result in measurement.results] == [PLAIN]
    assert measurement.absent == [NOT_INSTALLED]
    assert "Not installed: absent (install no-such-package)." in tables.measured(measurement)


def test_a_candidate_without_the_mode_is_not_started(sources: list[Path]) -> None:
    measurement = measured(sources, PLAIN, NOT_INSTALLED, mode=RESIZE)
    assert measurement.absent == []


def test_an_image_that_fails_for_one_candidate_is_left_out_for_all(sources: list[Path]) -> None:
    broken = sources[0].with_name("broken.jpg")
    broken.write_bytes(sources[0].read_bytes()[:700])
    measurement = measured([broken, *sources], PLAIN, ENGINE)
    assert list(measurement.left_out) == [broken]
    assert all(set(result.sizes) == set(sources) for result in measurement.results)
    assert "Left out: broken.jpg (plain Pillow: failed OSError)." in tables.measured(measurement)


def test_speed_is_compared_image_by_image_and_round_by_round() -> None:
    """A round that is slow for both, or one outlier, does not change the result."""
    small, large = Path("small"), Path("large")
    slow = Result(PLAIN, {small: [2.0, 20.0, 2.0], large: [80.0, 8.0, 8.0]})
    fast = Result(ENGINE, {small: [1.0, 10.0, 1.0], large: [1.0, 1.0, 1.0]})
    assert fast.speed_against(slow) == pytest.approx(4.0)  # of 2 and 8
    assert slow.images_a_second == 2 / 28


def test_malloc_and_pillow_are_set_as_on_aws() -> None:
    assert deployed_tuning().keys() == {
        "MALLOC_ARENA_MAX",
        "MALLOC_MMAP_THRESHOLD_",
        "MALLOC_TRIM_THRESHOLD_",
        "PILLOW_BLOCK_SIZE",
    }


def test_other_candidates_do_not_get_our_malloc_settings(
    monkeypatch: pytest.MonkeyPatch, sources: list[Path]
) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    shown = Candidate(
        "env",
        ("sh", "-c", "echo ready; while read line; do echo ${MALLOC_ARENA_MAX:-7} 0; done"),
        frozenset(),
    )
    runner = Runner(shown, JPEG)
    assert runner.run(sources[0], sources[1]) == 7
    runner.close()


def test_each_mode_selects_its_images(tmp_path: Path) -> None:
    large = Shot(1, (1200, 300), settings={"quality": 90})
    small = [Shot(1, (90, 90)), Shot(2, (90, 90), "PNG"), Shot(3, (90, 90), orientation=6)]
    jpeg, png, turned, big = images.save([*small, large], tmp_path)
    note = tmp_path / "note.txt"
    note.write_text("not an image")
    files = (jpeg, png, turned, big, note)
    taken = {mode.name: [path for path in files if mode.takes(path)] for mode in (*MODES, HUGE)}
    assert taken == {
        "jpeg": [jpeg, big],
        "resize": [big],
        "turned": [turned],
        "other": [png],
        "webp": [jpeg, big],
        "avif": [jpeg, big],
        "huge": [jpeg, big],
    }
