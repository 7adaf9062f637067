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
        """Abort what is being made of earlier runs. What is ready stays, as the results of these runs do."""
        for export in self.exports.of_job(job_id):
            if export.run < run and export.state is not ExportState.READY:
                self._abort(export)

    def all(self, job_id: str, *, forget: bool) -> None:
        """Abort all exports and remove their files; with `forget`, no writer is left, so delete them."""
        for export in self.exports.of_job(job_id):
            self._abort(export)
            self.store.delete([export.key])
        if forget:
            self.exports.delete(job_id)

    def _abort(self, export: Export) -> None:
        # Read again with the write: a function may have begun an upload meanwhile.
        aborted = self.exports.abort(export.id) or export
        for upload in {export.upload, aborted.upload} - {None}:
            self.uploads.abort(export.key, upload or "")
        self.store.delete(aborted.directory_keys)
