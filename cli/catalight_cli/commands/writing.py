"""Downloads into files and to stdout."""

import sys
from pathlib import Path

from catalight_cli.session import Session

STDOUT = Path("-")


def fetch(run: Session, request_id: str, to: Path | None, **form: str) -> Path | None:
    """Download a result; `-` means stdout. Return the path of the file and say where it is."""
    last = [-1]

    def on_progress(done: int, total: int) -> None:
        if done != last[0]:
            last[0] = done
            run.output.note(f"The service is writing it: {done:,} of {total:,}")

    given = {name: value for name, value in form.items() if value}
    if to == STDOUT:
        run.client.download(request_id, sys.stdout.buffer, on_progress=on_progress, **given)
        sys.stdout.buffer.flush()
        return None
    path = run.client.download(request_id, to, on_progress=on_progress, **given)
    run.output.note(f"Written: {path}")
    return path
