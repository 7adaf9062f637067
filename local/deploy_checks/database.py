"""MongoDB: whether it is reached, may be written, and bears the connections of all functions."""

from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from catalight.adapters.mongo.client import POOL, UriError, open_database
from catalight.adapters.mongo.refusals import Refusal, refusal
from catalight.domain import consistency
from catalight.domain.errors import UnavailableError
from local.deploy_checks.deployment import Deployment, ProblemError

SELECT_SECONDS = 5.0


def mongodb(deployment: Deployment) -> str:
    """Return how MongoDB was reached; raise ProblemError if it is not, or the user may not read and write."""
    uri = deployment.secret(deployment.mongodb_secret)
    try:
        database = open_database(uri, deployment.value("MongoDbDatabase"), SELECT_SECONDS)
        try:
            database["jobs"].find_one({}, {"_id": True})
            database["jobs"].update_one({"_id": "deploy-check"}, {"$set": {"tried": True}})  # there is none
            return f"reached from here, reads and writes; {_connections(deployment, database)}"
        finally:
            database.client.close()
    except UriError:
        raise ProblemError("the secret holds no MongoDB URI (mongodb://… or mongodb+srv://…)") from None
    except (UnavailableError, PyMongoError) as error:
        cause = error.__cause__ if isinstance(error, UnavailableError) else error
        reason = refusal(cause)
        if reason in (Refusal.LOGIN, Refusal.CREDENTIALS) and "MONGODB-AWS" in uri:
            return "reached; the functions' roles log in, which cannot be tried from here"
        if deployment.value("SubnetIds") and reason not in (Refusal.LOGIN, Refusal.MECHANISM):
            return (
                "not reached from here; the functions are in a VPC, so look at SweeperAlarm after deploying"
            )
        raise ProblemError(f"MongoDB {reason or 'does not answer, or refuses to read and write'}") from None


def _connections(deployment: Deployment, database: Database[dict[str, Any]]) -> str:
    """Return how many connections the primary allows; raise ProblemError if the functions may need more."""
    needed = consistency.connections_at_once(deployment.numbers(), POOL)
    try:
        found = database.client.admin.command("serverStatus")["connections"]
    except OperationFailure:  # it needs the role clusterMonitor
        return f"the user may not ask for its limit of connections, of which {needed:,.0f} are needed"
    limit = found["current"] + found["available"]
    if limit < needed:
        raise ProblemError(
            f"MongoDB allows {limit:,} connections, and {needed:,.0f} may be needed: use a larger cluster, "
            "or lower ImageConcurrency, MongoDbConnections and AggregatorConcurrency"
        )
    return f"it allows {limit:,} connections, of which {needed:,.0f} are needed"
