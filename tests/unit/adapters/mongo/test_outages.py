"""Which errors of MongoDB are outages."""

import pytest
from pymongo.errors import OperationFailure, WriteConcernError, WTimeoutError

from catalight.adapters.mongo.client import unavailable_when_down
from catalight.domain.errors import UnavailableError

STEPPED_DOWN = WriteConcernError("operation was interrupted", 11602, {"code": 11602})


@pytest.mark.parametrize("error", [STEPPED_DOWN, WTimeoutError("waiting for replication timed out", 64)])
def test_a_write_that_no_majority_has_confirmed_is_an_outage(error: OperationFailure) -> None:
    """A step-down does that to commands that pymongo does not retry, such as those that make indexes."""
    with pytest.raises(UnavailableError, match="MongoDB"), unavailable_when_down():
        raise error


def test_a_command_that_mongodb_does_not_understand_is_none() -> None:
    error = OperationFailure("unknown operator: $many", 2)
    with pytest.raises(OperationFailure, match="unknown operator"), unavailable_when_down():
        raise error
