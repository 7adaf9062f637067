"""Make the renditions of an image one by one, until the sandbox makes all of them from one decoding."""

from collections.abc import Callable, Sequence

from catalight.domain.errors import ImageError
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.rendition import Rendition


def one_by_one(
    compress: Callable[[bytes, Rendition, str], Compressed],
) -> Callable[[bytes, Sequence[Rendition], str], list[Compressed | ImageError]]:
    """Return a function that makes an output or an error for each rendition."""

    def outcome(data: bytes, rendition: Rendition, job: str) -> Compressed | ImageError:
        try:
            return compress(data, rendition, job)
        except ImageError as error:
            return error

    return lambda data, renditions, job: [outcome(data, rendition, job) for rendition in renditions]
