"""The pictures of Pillow's own tests, out of its source: bombs and fuzzers' finds included."""

import tarfile
from collections.abc import Iterator

from local.runner.children import PROJECT

FOLDER = PROJECT / ".corpora"


def images() -> Iterator[tuple[str, bytes]]:
    """Every file, whatever it is, by its path."""
    archives = sorted(FOLDER.glob("pillow-*.tar.gz"))
    if not archives:
        raise FileNotFoundError(f"{FOLDER} holds no source of Pillow: run make corpora, or make test.")
    with tarfile.open(archives[-1]) as archive:
        for member in archive:
            _, _, path = member.name.partition("/Tests/images/")
            if path and (file := archive.extractfile(member)):
                yield path, file.read()
