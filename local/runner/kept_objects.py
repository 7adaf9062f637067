"""Keeps the objects of moto's bucket in a folder, which moto itself holds in memory only.

What a request has stored or deleted is in the folder before the client gets the answer. An object is a file:
a line of JSON, then its contents. A file appears in one rename, so a kill leaves no half of an object. After
a restart, contents are read from the files when they are asked for, so that the start stays short.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.s3.models import FakeBucket, FakeKey, S3Backend
from moto.s3.utils import _VersionedKeyStore

type Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

OWNER_ONLY = 0o700
NEW = ".new"


class KeptKey(FakeKey):
    """An object of an earlier run, whose contents are in a file."""

    def __init__(self, file: Path, bucket: FakeBucket) -> None:
        with file.open("rb") as opened:
            said = json.loads(opened.readline())
            self._start = opened.tell()
        self._file = file
        super().__init__(said["name"], b"", bucket.account_id, bucket.region_name, etag=said["etag"])
        self.bucket_name = bucket.name
        self.encryption = said["encryption"]
        self.contentsize = file.stat().st_size - self._start
        self.last_modified = datetime.fromisoformat(said["modified"])
        self._metadata.update(said["metadata"])

    @property
    def value(self) -> bytes:
        """The contents."""
        with self._file.open("rb") as opened:
            opened.seek(self._start)
            return opened.read()

    @value.setter
    def value(self, _: bytes) -> None:
        """Ignore what the constructor of every key sets."""


class Changes(threading.local):
    """The names of the keys that the request of this thread has set or removed."""

    def __init__(self) -> None:
        self.names = set[str]()


class KeptObjects:
    """Mirrors the one bucket of a moto server; create it before the bucket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._changed = Changes()
        self._bucket: FakeBucket | None = None
        folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        for half in folder.glob(f"*/*{NEW}"):
            half.unlink()
        self._watch()

    def around(self, application: Application) -> Application:
        """Wrap `application` to store what a request has changed before it is answered."""

        def stored(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            self._changed.names.clear()
            answer = application(environ, start_response)
            if self._changed.names:
                with self._lock:  # so that the file of a key that two requests write is that of the last one
                    for name in self._changed.names:
                        self._store(name)
            return answer

        return stored

    def _watch(self) -> None:
        """Note each key that a request sets or removes, and fill the bucket when it is created."""
        create, setlist, pop = S3Backend.create_bucket, _VersionedKeyStore.setlist, _VersionedKeyStore.pop

        def noted(change: Callable[..., None]) -> Callable[..., None]:
            def changing(keys: _VersionedKeyStore, name: str, *rest: Any) -> None:
                change(keys, name, *rest)
                self._changed.names.add(name)

            return changing

        def filled(backend: S3Backend, *arguments: Any, **named: Any) -> FakeBucket:
            bucket = create(backend, *arguments, **named)
            if self._bucket:
                raise NotImplementedError("Only one bucket can be kept.")
            for file in self._folder.glob("*/*"):
                key = KeptKey(file, bucket)
                setlist(bucket.keys, key.name, [key])
            self._bucket = bucket
            return bucket

        _VersionedKeyStore.setlist = noted(setlist)  # type: ignore[method-assign]
        _VersionedKeyStore.pop = noted(pop)  # type: ignore[method-assign]
        S3Backend.create_bucket = filled  # type: ignore[method-assign, assignment]

    def _store(self, name: str) -> None:
        hashed = hashlib.sha256(name.encode()).hexdigest()
        file = self._folder / hashed[:2] / hashed
        key = self._bucket.keys.get(name) if self._bucket else None
        if key is None:
            file.unlink(missing_ok=True)
            return
        said = {
            "name": name,
            "etag": key.etag.strip('"'),
            "encryption": key.encryption,
            "modified": key.last_modified.isoformat(),
            "metadata": dict(key.metadata),
        }
        file.parent.mkdir(exist_ok=True)
        new = file.with_suffix(NEW)
        with new.open("wb") as written:
            written.write(json.dumps(said).encode() + b"\n")
            written.write(key.value)
        new.rename(file)
