import logging
from collections.abc import Iterator

import pytest

from catalight.usecases import make_light
from tests.model.inline import Inline


@pytest.fixture(autouse=True)
def _images_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """An actor is one thread; a pool of its own would only cost time."""
    monkeypatch.setattr(make_light, "ThreadPoolExecutor", Inline)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What the code under test logs of ten thousand faults is no news."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
