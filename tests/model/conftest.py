import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What the code under test logs of ten thousand faults is no news."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
