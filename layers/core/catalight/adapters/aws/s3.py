"""Images and results on S3."""

from collections.abc import Iterable, Iterator
from io import BufferedReader, RawIOBase
from itertools import batched
from typing import TYPE_CHECKING
from urllib.parse import quote

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError, IncompleteReadError
from botocore.handlers import add_expect_header

from catalight.adapters.aws.clients import PASSING, unavailable_when_down
from catalight.domain.errors import UnavailableError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

DELETED_AT_ONCE = 1_000  # keys; the limit of DeleteObjects
CHUNK = 1 << 20  # bytes
KEEP = "public, max-age=31536000, immutable"  # the image behind a link never changes
ONE_PART_AT_A_TIME = TransferConfig(use_threads=False)


class S3Store:
    """`catalight.usecases.ports.ObjectStore` and `ObjectReader` on one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        # "Expect: 100-continue" costs a round trip for each upload, which only pays for bodies of gigabytes.
        client.meta.events.unregister("before-call.s3", add_expect_header)
        self._client = client
        self._bucket = bucket

    def put(self, key: str, data: bytes, media_type: str) -> None:
        with unavailable_when_down("S3"):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=data, ContentType=media_type, CacheControl=KEEP
            )

    def put_stream(self, key: str, chunks: Iterable[bytes], media_type: str) -> None:
        with unavailable_when_down("S3"):
            self._client.upload_fileobj(
                BufferedReader(_Chunks(chunks)),
                self._bucket,
                key,
                ExtraArgs={"ContentType": media_type},
                Config=ONE_PART_AT_A_TIME,
            )

    def renew(self, key: str, media_type: str) -> bool:
        """Copy the image onto itself; S3 does so only if its metadata is replaced, with the same here.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        with unavailable_when_down("S3"):
            try:
                self._client.copy_object(
                    Bucket=self._bucket,
                    Key=key,
                    CopySource={"Bucket": self._bucket, "Key": key},
                    MetadataDirective="REPLACE",
                    ContentType=media_type,
                    CacheControl=KEEP,
                )
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return False
                raise
            return True

    def exists(self, key: str) -> bool:
        with unavailable_when_down("S3"):
            try:
                self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return False
                raise
            return True

    def read(self, key: str) -> bytes | None:
        chunks = self.stream(key)
        return None if chunks is None else b"".join(chunks)

    def stream(self, key: str) -> Iterator[bytes] | None:
        with unavailable_when_down("S3"):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return None
                raise
        return _chunks(body)

    def link(self, key: str, seconds: int, file_name: str | None = None, *, head: bool = False) -> str:
        params = {"Bucket": self._bucket, "Key": key}
        if file_name:
            params["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{quote(file_name, safe='')}"
        call = "head_object" if head else "get_object"
        return self._client.generate_presigned_url(call, Params=params, ExpiresIn=seconds)

    def delete(self, keys: Iterable[str]) -> None:
        for batch in batched(keys, DELETED_AT_ONCE, strict=False):
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in batch]
            with unavailable_when_down("S3"):
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
                )
            codes = {error.get("Code", "") for error in answer.get("Errors", [])}
            if codes - PASSING:
                raise RuntimeError(f"S3 refused to delete: {', '.join(sorted(codes))}")
            if codes:
                raise UnavailableError("S3")


def _chunks(body: "StreamingBody") -> Iterator[bytes]:
    """Yield what S3 sends. A body that breaks off is an outage: its beginning is used already."""
    with unavailable_when_down("S3"), body:
        try:
            yield from body.iter_chunks(CHUNK)
        except IncompleteReadError as error:
            raise UnavailableError("S3") from error


class _Chunks(RawIOBase):
    """Presents an iterable of chunks as a file, for the transfer manager to read part by part."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = filter(None, chunks)  # an empty one would be read as the end
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        if not self._rest:
            self._rest = next(self._chunks, b"")
        size = min(len(view), len(self._rest))
        view[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
