"""Names in a ZIP that no file system takes for the same."""

from catalight.domain.job.job import Job
from catalight.domain.job.row import Image, Row


class UniqueNames:
    """Makes names unique, ignoring case and extension, by -2, -3, …: the same for the same names in order."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def __call__(self, path: str) -> str:
        """Return the path, or one that is not taken."""
        folder, slash, name = path.rpartition("/")
        stem, dot, extension = name.rpartition(".")
        stem = f"{folder}{slash}{stem if dot else name}"
        number = self._taken.get(stem.casefold(), 0) + 1
        unique = stem
        while number > 1 and (unique := f"{stem}-{number}").casefold() in self._taken:
            number += 1
        self._taken[stem.casefold()] = number
        self._taken.setdefault(unique.casefold(), 1)
        return f"{unique}{dot}{extension if dot else ''}"


def path_of(_job: Job, _row: Row, _place: int, image: Image) -> str:
    """Return the name of a done image: the one in its link."""
    return (image.link or "image").rpartition("/")[2]
