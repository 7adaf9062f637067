"""The process that reads files, with a bug."""

from catalight.adapters.tables import worker
from catalight.domain.catalogue.files import TextFile


def read(*_: object) -> TextFile:
    """Fail."""
    return TextFile(str(1 // 0))


if __name__ == "__main__":
    setattr(worker, "read", read)  # noqa: B010 - its type is another
    worker.main()
