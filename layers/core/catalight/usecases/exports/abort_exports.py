"""End the exports of a job that was retried or deleted."""

from dataclasses import dataclass

from catalight.domain.job.export import Export, ExportState
from catalight.usecases.ports import Exports, ObjectStore, Uploads


@dataclass(frozen=True, slots=True)
class AbortExports:
    """Abort exports. Whoever still writes one finds out at its next checkpoint."""

    exports: Exports
    uploads: Uploads
    store: ObjectStore

    def before(self, job_id: str, run: int) -> None:
        """Abort the exports of earlier runs, and remove their files: nobody can ask for them any more."""
        for export in self.exports.of_job(job_id):
            if export.run < run and export.state is not ExportState.ABORTED:
                self._remove(export)

    def all(self, job_id: str, *, forget: bool) -> None:
        """Abort all exports and remove their files; with `forget`, no writer is left, so delete them."""
        for export in self.exports.of_job(job_id):
            self._remove(export)
        if forget:
            self.exports.delete(job_id)

    def _remove(self, export: Export) -> None:
        # Read again with the write: a function may have begun an upload meanwhile.
        aborted = self.exports.abort(export.id) or export
        for upload in {export.upload, aborted.upload} - {None}:
            self.uploads.abort(export.key, upload or "")
        self.store.delete([export.key, *aborted.directory_keys])
