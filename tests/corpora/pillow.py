"""The test images of Pillow, from its source archive, with its bombs and fuzzer findings."""

import tarfile
from collections.abc import Iterator

from local.runner.children import PROJECT

FOLDER = PROJECT / ".corpora"


def images() -> Iterator[tuple[str, bytes]]:
    """Yield every file of the test images, with its path."""
    archives = sorted(FOLDER.glob("pillow-*.tar.gz"))
    if not archives:
        raise FileNotFoundError(f"{FOLDER} has no source archive of Pillow. Run make corpora or make test.")
    with tarfile.open(archives[-1]) as archive:
        for member in archive:
            _, _, path = member.name.partition("/Tests/images/")
            if path and (file := archive.extractfile(member)):
                yield path, file.read()
