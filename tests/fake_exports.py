"""In-memory adapters of exports, which write on the same conditions as the real ones."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

from catalight.domain.errors import ResultError, UploadGoneError
from catalight.domain.job.export import Export, ExportState, Position, Step
from catalight.domain.job.result_form import ResultFormat
from tests.fakes import MemoryStore

FREE: dict[str, Any] = {"claimed_until": None, "asked_until": None}
NOTHING_WRITTEN: dict[str, Any] = {
    "upload": None,
    "position": Position(),
    "parts": (),
    "directories": (),
    "done": 0,
}


class MemoryExports:
    """Exports in a dictionary."""

    def __init__(self) -> None:
        self.exports: dict[str, Export] = {}

    def find(self, export_id: str) -> Export | None:
        return self.exports.get(export_id)

    def ask(self, new: Export, now: datetime, until: datetime) -> bool:
        found = self.exports.setdefault(new.id, new)
        if found.state is ExportState.FAILED and found.may_restart(now):
            found = replace(found, state=ExportState.PREPARING, attempts=0, failed_at=None)
            self.exports[new.id] = found
        if found.state is not ExportState.PREPARING or _active(found, now):
            return False
        self.exports[new.id] = replace(found, asked_until=until)
        return True

    def withdraw(self, export_id: str, until: datetime) -> None:
        found = self.exports.get(export_id)
        if found and found.asked_until == until:
            self.exports[export_id] = replace(found, asked_until=None)

    def count_active(self, owner: str, now: datetime, *, zips: bool) -> int:
        preparing = [
            found
            for found in self.exports.values()
            if found.state is ExportState.PREPARING and (found.form.format is ResultFormat.ZIP) == zips
        ]
        return sum(found.owner == owner and _active(found, now) for found in preparing)

    def claim(self, export_id: str, now: datetime, until: datetime) -> Export | None:
        found = self.exports.get(export_id)
        if found is None or found.state is not ExportState.PREPARING:
            return None
        if found.claimed_until and found.claimed_until > now:
            return None
        claimed = replace(found, claim=found.claim + 1, attempts=found.attempts + 1, claimed_until=until)
        self.exports[export_id] = claimed
        return claimed

    def begin(self, export: Export, upload: str) -> bool:
        return self._update(export, **{**NOTHING_WRITTEN, "upload": upload})

    def advance(self, export: Export, step: Step, until: datetime) -> bool:
        found = self.exports.get(export.id)
        if found and len(found.parts) == len(export.parts) + len(step.parts):
            return self._update(export) and found.position == step.position
        if not found or (found.upload, len(found.parts)) != (export.upload, len(export.parts)):
            return False
        written = found.with_step(step)
        changed = {name: getattr(written, name) for name in ("position", "parts", "directories", "done")}
        return self._update(export, **changed, attempts=0, claimed_until=until)

    def release(self, export: Export, until: datetime, *, refund: bool = False) -> bool:
        attempts = {"attempts": max(0, export.attempts - 1)} if refund else {}
        return self._update(export, claimed_until=None, asked_until=until, **attempts)

    def reset(self, export: Export) -> bool:
        return self._update(export, **NOTHING_WRITTEN)

    def finish(self, export: Export) -> bool:
        return self._update(export, state=ExportState.READY, done=export.total, upload=None, parts=(), **FREE)

    def fail(self, export: Export, refusal: ResultError | None, now: datetime) -> bool:
        why = {"refusal": refusal.code, "failure": refusal.detail} if refusal else {}
        return self._update(export, state=ExportState.FAILED, failed_at=now, **why, **FREE)

    def of_job(self, job_id: str) -> list[Export]:
        found = (found for found in self.exports.values() if found.job_id == job_id)
        return sorted(found, key=lambda found: found.id)

    def abort(self, export_id: str) -> Export | None:
        found = self.exports.get(export_id)
        if found:
            self.exports[export_id] = replace(found, state=ExportState.ABORTED, **FREE)
        return self.exports.get(export_id)

    def delete(self, job_id: str) -> None:
        for found in self.of_job(job_id):
            del self.exports[found.id]

    def _update(self, export: Export, **changes: Any) -> bool:
        found = self.exports.get(export.id)
        if not found or found.state is not ExportState.PREPARING or found.claim != export.claim:
            return False
        self.exports[export.id] = replace(found, **changes)
        return True


class MemoryResults(MemoryExports):
    """Results in steps, in a dictionary."""

    def begin(self, export: Export, upload: str) -> bool:
        new = replace(export, **{**NOTHING_WRITTEN, "upload": upload})
        return self.exports.setdefault(export.id, new).upload == upload

    def forget(self, export: Export) -> None:
        found = self.exports.get(export.id)
        if found and found.upload == export.upload:
            del self.exports[export.id]


def _active(export: Export, now: datetime) -> bool:
    return any(until and until > now for until in (export.asked_until, export.claimed_until))


class MemoryUploads:
    """Multipart uploads into a MemoryStore, with the rules of S3: only the last part may be small."""

    def __init__(self, store: MemoryStore, min_part: int = 5 << 20) -> None:
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.min_part = min_part
        self._store, self._begun = store, 0

    def begin(self, key: str, media_type: str) -> str:
        self._begun += 1
        upload = f"{key}#{self._begun}"
        self.uploads[upload] = {}
        return upload

    def put_part(self, key: str, upload: str, number: int, data: BytesIO) -> str:
        content = data.read()
        self._parts(upload)[number] = content
        return _etag(content)

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        stored = self._parts(upload)
        for number, etag in enumerate(parts, 1):
            if number not in stored or _etag(stored[number]) != etag:
                raise UploadGoneError
            assert number == len(parts) or len(stored[number]) >= self.min_part
        self._store.objects[key] = b"".join(stored[number] for number in range(1, len(parts) + 1))
        del self.uploads[upload]

    def abort(self, key: str, upload: str) -> None:
        self.uploads.pop(upload, None)

    def _parts(self, upload: str) -> dict[int, bytes]:
        if upload not in self.uploads:
            raise UploadGoneError
        return self.uploads[upload]


def _etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
