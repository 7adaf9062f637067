"""What MongoDB Atlas refuses with its code 8000, which stands for more than a refused login."""

import logging
from collections.abc import Iterator

import pytest

from catalight.adapters.mongo import Connection, MongoHosts, MongoRows
from catalight.domain.errors import UnavailableError
from catalight.domain.job.row import Row
from tests.integration.refusing_proxy import refusing

FULL = "you are over your space quota, using 512 MB of 512 MB"
ROW = Row("job", 0, 1, None, (), ())


@pytest.fixture
def connected(mongodb_uri: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    texts, login = request.param
    with refusing(mongodb_uri, texts, login) as uri:
        connection = Connection(lambda: uri, "test")
        yield connection
        connection.close()


def reported(caplog: pytest.LogCaptureFixture) -> str:
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    return record.getMessage()


@pytest.mark.parametrize("connected", [({"insert": FULL}, "")], indirect=True)
def test_a_full_cluster_is_an_outage_and_the_log_says_what_to_do(
    connected: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnavailableError, match="MongoDB"):
        MongoRows(connected).insert([ROW])
    assert reported(caplog).startswith("MongoDB is over its space quota: move to a larger cluster")
    assert "512" not in caplog.text
    assert not MongoRows(connected).any_pending("job")  # reads go on


@pytest.mark.parametrize(
    "connected",
    [
        ({"saslStart": text}, "catalight:wrong@")
        for text in ("bad auth : Authentication failed.", "bad auth : authentication failed")
    ],
    indirect=True,
)
def test_a_login_that_atlas_refuses_is_called_so(
    connected: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnavailableError, match="MongoDB"):
        MongoRows(connected).any_pending("job")
    assert reported(caplog) == "MongoDB refuses the login, and the secret holds no other URI (code 8000)"


@pytest.mark.parametrize(
    "connected", [({"find": "user is not allowed to do action [find] on [test.hosts]"}, "")], indirect=True
)
def test_any_other_refusal_of_atlas_is_an_outage_too(
    connected: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnavailableError, match="MongoDB"):
        MongoHosts(connected).known(["h:80"], "")
    assert reported(caplog).startswith("MongoDB refuses a call for a reason of Atlas's own")
    assert "test.hosts" not in caplog.text
