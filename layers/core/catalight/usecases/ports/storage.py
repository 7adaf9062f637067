"""The ports to the store of images and results."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Protocol


class ObjectStore(Protocol):
    """The store of images and results."""

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Store one image. Overwriting it with the same bytes is harmless."""

    def put_stream(self, key: str, chunks: Iterable[bytes], media_type: str) -> None:
        """Store a file of any length in bounded memory."""

    def renew(self, key: str, media_type: str) -> bool:
        """Have an image's age begin again. Return False if nothing is stored under the key."""

    def exists(self, key: str) -> bool:
        """Return whether an object is stored under the key."""

    def link(self, key: str, seconds: int, file_name: str | None = None, *, head: bool = False) -> str:
        """Return a presigned URL for GET or HEAD, for `seconds` at most.

        With `file_name`, a browser saves it under that name.
        """

    def delete(self, keys: Iterable[str]) -> None:
        """Delete the objects under these keys, if they exist."""


class ObjectReader(Protocol):
    """Reads what the store holds."""

    def read(self, key: str) -> bytes | None:
        """Return one image, or None if nothing is stored under the key. Threads may call this."""

    def stream(self, key: str) -> Iterator[bytes] | None:
        """Return a file of any length in chunks, or None if nothing is stored under the key."""


class Uploads(Protocol):
    """Multipart uploads. All but `begin` raise UploadGoneError if the upload does not exist (any more)."""

    def begin(self, key: str, media_type: str) -> str:
        """Begin to store a file under the key. Return the id of the upload."""

    def put_part(self, key: str, upload: str, number: int, data: BytesIO) -> str:
        """Store the part with this number, from 1, in the place of an earlier one. Return its ETag.

        The ETag tells the part from others that are stored under the number later.
        """

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        """Make these parts, by their ETags, the file. Raise UploadGoneError also if one was replaced."""

    def abort(self, key: str, upload: str) -> None:
        """Remove the upload and its parts, if it exists."""
