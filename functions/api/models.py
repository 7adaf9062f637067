"""The response bodies of the API."""

from datetime import datetime
from typing import Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field

from catalight.domain.errors import Problem as CatalogueProblem
from catalight.domain.image.report import Times
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.upload import BigUpload, UploadState
from catalight.domain.job.webhook import Webhook, WebhookState

type ShownState = Literal["PENDING", "PROCESSING", "COMPLETED", "CANCELLED", "FAILED"]

DUPLICATES = "Images whose URL an earlier image of the job has; each URL is downloaded and stored once"
UNCHANGED = (
    "Images done, each counted in each rendition, whose output of an earlier job was used again, because the "
    "source has not changed"
)
DISTINCT = "Images whose URL no earlier image of the job has: at most as many are downloaded"
RENDITIONS = "Their names, in the order of the request; one empty name if it named no renditions"
REQUEST_ID = "0b7e6c1e-5a0f-4f0c-9f5e-3f1f0a6d2b11"


def shown(state: JobState) -> ShownState:
    """Return the state that clients see."""
    return cast("ShownState", state.shown.value)


class Welcome(BaseModel):
    """What this service does, and the path of its documentation."""

    message: str = Field(
        examples=["Catalight compresses the images in a product catalogue. POST a CSV to /upload."]
    )
    docs: str = Field(examples=["/docs"])


class Health(BaseModel):
    """The service is up and reaches its database."""

    status: str = Field(examples=["ok"])


class Note(BaseModel):
    """One problem of a catalogue."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(examples=["invalid_url"])
    message: str = Field(examples=["This URL cannot be fetched: it does not begin with http:// or https://."])
    line: int | None = Field(None, examples=[7], description="Physical line of the file, from 1")
    column: str | None = Field(None, examples=["Input Image Urls"])
    found: str | None = Field(None, examples=["n/a"])

    @classmethod
    def of(cls, problem: CatalogueProblem) -> Self:
        """Return the note of a problem of the domain."""
        return cls.model_validate(problem)


class Links(BaseModel):
    """Paths of the job's resources, relative to the API's URL."""

    job: str = Field(examples=[f"/jobs/{REQUEST_ID}"])
    status: str = Field(examples=[f"/status/{REQUEST_ID}"])
    download: str = Field(examples=[f"/download/{REQUEST_ID}"])
    rows: str = Field(examples=[f"/jobs/{REQUEST_ID}/rows"])

    @classmethod
    def of(cls, job_id: str) -> Self:
        """Return the links of a job."""
        return cls(
            job=f"/jobs/{job_id}",
            status=f"/status/{job_id}",
            download=f"/download/{job_id}",
            rows=f"/jobs/{job_id}/rows",
        )


class Images(BaseModel):
    """The number of images, each counted in each of its renditions: all, done and failed."""

    total: int = Field(examples=[2000])
    done: int = Field(examples=[1200])
    failed: int = Field(examples=[3])


class Bytes(BaseModel):
    """Total size of the images done, before (`in`) and after (`out`) compression; each output counts once.

    Outputs of earlier jobs do not count.
    """

    before: int = Field(alias="in", examples=[812_345_678])
    after: int = Field(alias="out", examples=[201_234_567])


class Milliseconds(BaseModel):
    """Time spent in each stage, for images done; time spent waiting to be processed is not included."""

    model_config = ConfigDict(from_attributes=True)

    fetch: int = Field(examples=[61], description="The successful download")
    decode: int = Field(examples=[14])
    resize: int = Field(examples=[3], description="Resizing, and rotating upright")
    encode: int = Field(examples=[18])
    store: int = Field(examples=[22])

    @classmethod
    def of(cls, times: Times) -> Self:
        """Return the times in milliseconds."""
        return cls.model_validate(times)


class Attempt(BaseModel):
    """One call of the webhook."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    status: int | None = Field(description="HTTP status of the response", examples=[200])
    error: str | None = Field(description="Why there was no response", examples=["timeout"])
    milliseconds: int = Field(examples=[120])


class WebhookStatus(BaseModel):
    """The delivery of the webhook so far."""

    state: WebhookState
    attempts: list[Attempt]
    next_at: datetime | None = Field(description="No attempt is made before this time")

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """Return the status of a webhook."""
        attempts = [Attempt.model_validate(delivery) for delivery in webhook.deliveries]
        return cls(state=webhook.state, attempts=attempts, next_at=webhook.next_at)


class UploadProgress(BaseModel):
    """A big upload: how far its file is read, or what is wrong with it."""

    state: UploadState = Field(examples=["READING"])
    bytes: int = Field(description="Size of the file, or as it was announced", examples=[312_000_000])
    bytes_read: int = Field(description="Of an unpacked copy, if the file is packed", examples=[120_000_000])
    problems: list[Note] = Field(description="The first 100; in lists of jobs none")
    problems_total: int = Field(examples=[0])

    @classmethod
    def of(cls, upload: BigUpload) -> Self:
        """Return the progress of an upload."""
        return cls(
            state=upload.state,
            bytes=upload.true_size or upload.size,
            bytes_read=upload.read,
            problems=list(map(Note.of, upload.problems)),
            problems_total=upload.problems_total,
        )


class Status(BaseModel):
    """Progress of a job; the counts are exact once it is COMPLETED."""

    request_id: str = Field(examples=[REQUEST_ID])
    status: ShownState = Field(examples=["PROCESSING"])
    run: int = Field(examples=[1], description="Number of this run: 1, and one more with each retry")
    file_name: str = Field(examples=["products.csv"])
    reference: str | None = Field(None, examples=["order 4711"], description="Your own text, as it was sent")
    rows: int = Field(examples=[1000])
    images: Images
    renditions: list[str] = Field(description=RENDITIONS, examples=[["large", "thumbnail"]])
    duplicates: int = Field(examples=[120], description=DUPLICATES)
    unchanged: int = Field(examples=[950], description=UNCHANGED)
    distinct_images: int = Field(examples=[880], description=DISTINCT)
    errors: dict[str, int] = Field(description="Failed images by error code", examples=[{"not_found": 3}])
    bytes: Bytes
    milliseconds: Milliseconds
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime = Field(description="When the job, its images and its result are deleted")
    webhook: WebhookStatus | None
    upload: UploadProgress | None = Field(None, description="Of a job that began with POST /uploads")
    links: Links

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the status of a job."""
        counts, webhook = job.counts, job.webhook
        return cls(
            request_id=job.id,
            status=shown(job.state),
            run=job.run,
            file_name=job.file_name,
            reference=job.reference,
            rows=job.rows,
            images=Images(total=job.outputs_total, done=counts.done, failed=counts.failed),
            renditions=[rendition.name for rendition in job.renditions],
            duplicates=job.duplicates,
            unchanged=counts.unchanged,
            distinct_images=job.distinct_images,
            errors=dict(counts.errors),
            bytes=Bytes.model_validate({"in": counts.bytes_in, "out": counts.bytes_out}),
            milliseconds=Milliseconds.of(counts.times),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            expires_at=job.expires_at,
            webhook=WebhookStatus.of(webhook) if webhook else None,
            upload=UploadProgress.of(job.upload) if job.upload else None,
            links=Links.of(job.id),
        )


class JobPage(BaseModel):
    """A page of your jobs, newest first."""

    jobs: list[Status]
    next: str | None = Field(description="The `cursor` of the next page; null on the last page")


class Download(BaseModel):
    """A presigned URL of the result."""

    url: str
    expires_at: datetime = Field(
        description=(
            "The URL works until then at most. It may end earlier, with the credentials of the function that"
            " signed it; then ask for another"
        )
    )


class Preparing(BaseModel):
    """A result that is being written in the form that was asked for."""

    status: Literal["PREPARING"] = "PREPARING"
    done: int = Field(examples=[120], description="Rows (images, in a ZIP) that are written")
    total: int = Field(examples=[8000])
    retry_after: int = Field(examples=[2], description="Seconds to wait before the next request")


class Problem(BaseModel):
    """An error in the format of RFC 9457 (application/problem+json)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:catalight:problem:job-not-found"])
    title: str = Field(examples=["No such job"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no job with this request id. Was it copied whole?"])
