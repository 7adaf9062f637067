"""End the exports of a job that was retried or deleted, and results that are not complete."""

from dataclasses import dataclass

from catalight.domain.job.export import Export, ExportState
from catalight.usecases.ports import ObjectStore, Removable, Uploads


@dataclass(frozen=True, slots=True)
class AbortExports:
    """Abort exports and results in steps. Whoever still writes one finds out at its next checkpoint."""

    exports: Removable
    results: Removable
    uploads: Uploads
    store: ObjectStore

    def before(self, job_id: str, run: int) -> None:
        """Abort the exports of earlier runs, and remove their files: nobody can ask for them any more."""
        for export in self.exports.of_job(job_id):
            if export.run < run and export.state is not ExportState.ABORTED:
                self._remove(self.exports, export)

    def all(self, job_id: str, *, forget: bool) -> None:
        """Abort all exports and remove their files; with `forget`, no writer is left, so delete them."""
        for files in (self.exports, self.results):
            for export in files.of_job(job_id):
                self._remove(files, export)
            if forget:
                files.delete(job_id)

    def _remove(self, files: Removable, export: Export) -> None:
        # Read again with the write: a function may have begun an upload meanwhile.
        aborted = files.abort(export.id) or export
        for upload in {export.upload, aborted.upload} - {None}:
            self.uploads.abort(export.key, upload or "")
        self.store.delete([export.key, *aborted.directory_keys])
