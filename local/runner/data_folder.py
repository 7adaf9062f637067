"""A folder that keeps a local system's jobs, images, results, keys and secrets when the system ends."""

import base64
import fcntl
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from catalight.domain.job.job import ENDED, JobState
from catalight.domain.job.webhook import WebhookState
from local.runner.errors import LocalError

OWNER_ONLY = 0o700


class DataFolder:
    """The folder, with a lock that the kernel releases when this process ends, however it ends.

    It holds MongoDB's own files, the objects of the bucket and the secret that signs webhooks. Messages are
    not kept: MongoDB is the truth, and the sweeper sends again what is missing.
    """

    def __init__(self, path: Path) -> None:
        self.mongod = path / "mongod"
        self.objects = path / "objects"
        self._secret = path / "webhook-master"
        try:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(OWNER_ONLY)
            self._lock = (path / "lock").open("a")
        except OSError as error:
            raise LocalError(f"DATA={path} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise LocalError(f"Another system uses DATA={path}: stop it, or set another folder.") from error

    def close(self) -> None:
        """Let another system use the folder."""
        self._lock.close()

    def master(self) -> str:
        """Return the secret that webhooks are signed with; it is made when it is first asked for."""
        if not self._secret.exists():
            new = self._secret.with_suffix(".new")
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
                written.write(new_master())
            new.rename(self._secret)
        return self._secret.read_text(encoding="ascii")


def new_master() -> str:
    """Return a new secret for webhooks, as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def have_unfinished_jobs_swept(uri: str, database: str, patience: float) -> None:
    """Make every unfinished job count as stalled for `patience` seconds: no message of it is left.

    The next sweep then sends its messages again, instead of the first one after `patience`.
    """
    now = datetime.now(UTC)
    stalled: dict[str, Any] = {"$min": {"moved_at": now - timedelta(seconds=patience), "sweep_at": now}}
    with MongoClient[dict[str, Any]](uri) as client:
        jobs = client[database]["jobs"]
        jobs.update_many({"state": {"$nin": [*ENDED, JobState.GONE]}}, stalled)
        jobs.update_many(
            {"state": {"$in": list(ENDED)}, "webhook.state": WebhookState.PENDING},
            {"$min": {"sweep_at": now}},
        )
