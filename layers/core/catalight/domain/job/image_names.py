"""The names of output images: in their links, and as files."""

import unicodedata
from hashlib import blake2b
from itertools import count

from catalight.domain.job import links, safe_names
from catalight.domain.job.job import Job
from catalight.domain.job.naming import Values
from catalight.domain.job.row import Row

_KEY_BYTES = 8


def segments(job: Job, row: Row, place: int) -> list[str]:
    """Return the folders and the name, without an extension, of an image: the same for every attempt."""
    source = links.source_stem(row.images[place].url)
    if job.naming is None:
        return [source]
    index = row.images[place].rendition
    rendition = job.renditions[index].name or str(index + 1)
    number = place // len(job.renditions) + 1
    return job.naming.segments(Values(row.cells, number, source, rendition))


def stem(job: Job, row: Row, place: int) -> str:
    """Return the name of an image in its link, without an extension.

    It is one segment. If it is too long, the first folders are left out.
    """
    name = "-".join(segments(job, row, place))[-safe_names.MAX_CHARACTERS :]
    while not safe_names.fits(name):
        name = name[1:]
    return safe_names.segment(name) if job.naming else name


def path(job: Job, row: Row, place: int) -> str:
    """Return the path of a done image as a file, with `/` where the template has it, and its extension.

    A folder has no dot, so that it never has the name of a file. Several images may have the same path: see
    UniqueNames.
    """
    image = row.images[place]
    if image.format is None:
        raise ValueError("the image has no output")
    *folders, name = segments(job, row, place)
    parts = [*(folder.replace(".", "-") for folder in folders), safe_names.segment(name)]
    return f"{'/'.join(parts)}.{image.format.extension}"


class UniqueNames:
    """Makes paths unique, whatever their case and extension, by `-2`, `-3` … before the extension.

    The same paths in the same order give the same names. So a task that continues elsewhere first gives all
    paths from the beginning again. This takes about 90 bytes of memory for each path, however long it is.
    """

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}  # by the key of a path: the next number to try

    def __call__(self, path: str) -> str:
        """Return the path, or one with a number if it was given before."""
        stem, dot, extension = path.rpartition(".")
        key = _key(stem)
        if key not in self._numbers:
            self._numbers[key] = 2
            return path
        for number in count(self._numbers[key]):
            numbered = f"{stem}-{number}"
            if (other := _key(numbered)) not in self._numbers:
                self._numbers[key] = number + 1
                self._numbers[other] = 2
                return f"{numbered}{dot}{extension}"
        raise AssertionError("numbers do not end")


def _key(stem: str) -> int:
    """Return 64 bits of a hash. Should two paths have the same, one has a number that it does not need."""
    same = unicodedata.normalize("NFC", stem.casefold())
    return int.from_bytes(blake2b(same.encode(), digest_size=_KEY_BYTES).digest())
