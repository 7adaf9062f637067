"""Files in memory, and what takes their place where memfd_create is refused."""

import errno
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalight.adapters.codec.sandbox import Sandbox
from catalight.adapters.isolation import memory_file as module
from catalight.adapters.isolation.memory_file import memory_file
from catalight.domain.image.limits import LIMITS
from catalight.domain.image.rendition import Rendition
from local.hosts.images import draw


@pytest.fixture(autouse=True)
def refusal() -> Iterator[None]:
    """Forget, before and after, where files went."""
    module._folder.cache_clear()
    yield
    module._folder.cache_clear()


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def memfd_create(*call: Any) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "memfd_create", memfd_create, raising=False)


def folder_of(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink().parent


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM])
@pytest.mark.parametrize("shared", [True, False], ids=["with /dev/shm", "without"])
def test_where_the_call_is_refused_a_nameless_file_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    number: int,
    *,
    shared: bool,
) -> None:
    memory, temporary = tmp_path / "memory", tmp_path / "temporary"
    temporary.mkdir()
    if shared:
        memory.mkdir()
    refuse(monkeypatch, number)
    monkeypatch.setattr(module, "SHARED_MEMORY", memory)
    monkeypatch.setattr(module, "gettempdir", lambda: str(temporary))
    expected = memory if shared else temporary
    with memory_file() as file, memory_file():
        file.write(b"image")
        file.seek(0)
        assert file.read() == b"image"
        assert folder_of(file.fileno()) == expected
        assert [*expected.iterdir()] == []
    assert [record.getMessage() for record in caplog.records] == [
        f"memfd_create is refused, so images pass through nameless files in {expected}"
    ]


def test_where_the_call_does_not_exist_a_nameless_file_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    with memory_file() as file:
        assert file.write(b"image") == 5


def test_a_lack_of_memory_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.ENOMEM)
    with pytest.raises(OSError, match="memory"):
        memory_file()


def test_images_are_compressed_through_nameless_files(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    sandbox, image = Sandbox(LIMITS), draw(1, 320, 240)
    expected = sandbox.compress(image, [Rendition()], "job")
    refuse(monkeypatch, errno.ENOSYS)
    monkeypatch.setattr(module, "SHARED_MEMORY", tmp_path)
    with caplog.at_level(logging.WARNING):
        assert [sandbox.compress(image, [Rendition()], "job") for _ in range(3)] == [expected] * 3
    assert len(caplog.records) == 1
    sandbox.close()
