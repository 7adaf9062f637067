import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Silence the logs of the code under test: these tests cause thousands of faults on purpose."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
