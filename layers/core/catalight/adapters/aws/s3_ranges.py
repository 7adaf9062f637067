"""Files that clients store on S3 themselves: the forms for them, and parts of what they have stored."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, IncompleteReadError

from catalight.adapters.aws.clients import unavailable_when_down
from catalight.domain.errors import ObjectChangedError, UnavailableError
from catalight.domain.job.upload import Form, Stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GONE = frozenset({404, 412})  # 412: the object has another ETag than If-Match


class S3Ranges:
    """`catalight.usecases.ports.ObjectRanges` on one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def head(self, key: str) -> Stored | None:
        with unavailable_when_down("S3"):
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return None
                raise
        return Stored(answer["ContentLength"], answer["ETag"])

    def read_range(self, key: str, etag: str, start: int, end: int) -> bytes:
        with unavailable_when_down("S3"):
            try:
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=key, IfMatch=etag, Range=f"bytes={start}-{end - 1}"
                )
                return answer["Body"].read()
            except IncompleteReadError as error:
                raise UnavailableError("S3") from error
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] in GONE:
                    raise ObjectChangedError from error
                raise


class S3Forms:
    """`catalight.usecases.ports.UploadForms` on one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def form(self, key: str, media_type: str, most: int, seconds: int) -> Form:
        made = self._client.generate_presigned_post(
            self._bucket,
            key,
            Fields={"Content-Type": media_type},
            Conditions=[{"Content-Type": media_type}, ["content-length-range", 1, most]],
            ExpiresIn=seconds,
        )
        return Form(made["url"], made["fields"])
