"""What today's code stores and sends: a job, rows and so on in which every field is set."""

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from catalight.adapters.mongo import (
    Connection,
    MongoColumnMemory,
    MongoExports,
    MongoHosts,
    MongoJobs,
    MongoKeys,
    MongoReferences,
    MongoResults,
    MongoRows,
    MongoSources,
    MongoUsage,
)
from catalight.domain import messages
from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.catalogue.catalogue import Dialect
from catalight.domain.catalogue.files import Format
from catalight.domain.catalogue.requested import Remembered, Request
from catalight.domain.errors import ImageErrorCode, Problem, ResultErrorCode
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.rendition import AUTO, Fit, Rendition
from catalight.domain.image.report import Chosen, Source, Times
from catalight.domain.job.export import Export, ExportState, Position
from catalight.domain.job.job import Counts, Job, JobState, Reopened
from catalight.domain.job.naming import Naming
from catalight.domain.job.origin import Origin
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.result_form import (
    FailedPlaces,
    Placement,
    RequestedResult,
    ResultEncoding,
    ResultForm,
    ResultFormat,
)
from catalight.domain.job.reuse import FirstOfBytes, KnownOutput, Reuse, Seen
from catalight.domain.job.row import Image, ImageState, Row
from catalight.domain.job.upload import BigUpload, Checkpoint, SaidOfFile, Spool, UploadState
from catalight.domain.job.webhook import Delivery, Webhook, WebhookState
from catalight.domain.messages import Message
from catalight.domain.usage import Amounts, Slot
from catalight.domain.web.fetched import Validators
from catalight.domain.web.hosts import Host
from catalight.usecases.jobs.make_rows import Made

NOW = datetime(2026, 11, 29, 9, 30, 15, 123000, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
LINK = "ZmyG8mnj3BG-0PCyoYBtPg/a-b.jpg"
COUNTS = Counts(3, 2, 3000, 900, {"invalid_url": 1, "not_found": 1}, Times(1, 2, 3, 4, 5), unchanged=1)
REQUEST = Request(("Image 1", "Image 2"), "SKU", "Title")
PROBLEM = Problem("guessed_columns", "No column is named like images.", 2, "Photo", "a.jpg")
FORM = ResultForm(
    ResultFormat.CSV, Placement.REPLACE, FailedPlaces.EMPTY, ResultEncoding.INPUT, only_failed=True
)
RENDITIONS = (
    Rendition(80, Target.AUTO, 1024, 768, "#102030", name="main"),
    Rendition(
        AUTO,
        Target.JPEG,
        width=100,
        height=100,
        fit=Fit.PAD,
        name="thumb",
        min_side=50,
        look=Look.SMALL,
        trim=True,
    ),
)
READER: dict[str, Any] = {
    "problems": {"kept": [asdict(PROBLEM)], "total": 1},
    "warnings": {"kept": [], "total": 0},
    "short_rows": {"first": None, "joined": 0, "loses_url": False, "unreported": []},
}
UPLOAD = BigUpload(
    size=5000,
    media_type="text/csv",
    said=SaidOfFile(REQUEST, 3, strict=True, encoding="windows-1252", sheet="Products"),
    result=RequestedResult(ResultFormat.CSV, Placement.REPLACE, FailedPlaces.EMPTY, ResultEncoding.INPUT),
    confirm=True,
    state=UploadState.SUBMITTED,
    claim=2,
    claimed_until=SOON,
    attempts=1,
    etag='"abc"',
    true_size=9000,
    spool=Spool("upload-1", ('"p1"', '"p2"'), 9000, complete=True),
    table=Spool("upload-2", ('"p3"',), 100, complete=True),
    checkpoint=Checkpoint(4000, 41, "utf-8", True, READER, Made(40, 80, 1, 2, 8).to_document()),  # noqa: FBT003
    overview={"rows": 40, "columns": ["Image 1"]},
    read=4000,
    warnings=(PROBLEM,),
    warnings_total=1,
    problems=(PROBLEM,),
    problems_total=1,
    cleared=True,
)
JOB = Job(
    id="completed",
    owner="key-1",
    fingerprint="ab" * 32,
    state=JobState.COMPLETED,
    run=2,
    sealed=True,
    renditions=RENDITIONS,
    dialect=Dialect(";", "\n", bom=True),
    header=("SKU", "Title", "Image 1", "Image 2"),
    file_name="Katalog, 1.csv",
    rows=2,
    images=3,
    ranges=1,
    window=1000,
    secret=bytes(range(32)),
    api_base="https://api.example",
    link_base="https://cdn.example",
    created_at=NOW,
    deadline_at=NOW + timedelta(days=1),
    expires_at=NOW + timedelta(days=30),
    moved_at=SOON,
    sweep_at=SOON,
    looks=1,
    cancelled=True,
    counts=COUNTS,
    started_at=NOW,
    finished_at=SOON,
    webhook=Webhook(
        "https://shop.example/hook",
        WebhookState.DELIVERED,
        attempts=2,
        next_at=SOON,
        deliveries=(Delivery(NOW, None, "timeout", 20000), Delivery(SOON, 204, None, 12)),
        busy_until=SOON,
        redeliveries=(NOW,),
    ),
    request_headers=RequestHeaders("Shop/1.0", "https://shop.example/"),
    outputs=("Output 1", "Output 2"),
    remembered={"a" * 64: REQUEST},
    duplicates=1,
    placeholders=frozenset({(0, 0), (1, 1)}),
    origin=Origin((2, 3), 0, 1, Format.XLSX, "windows-1252", "Products", (("Our products", ""),)),
    naming=Naming("{column:SKU}-{n}", unicode=True, columns=(0,)),
    result=FORM,
    keep_days=60,
    upload=UPLOAD,
    reuse=Reuse(max_age=24),
    reopened=Reopened(2, 1, 1, 0.5, COUNTS),
    reference="order 7",
    preview=True,
    mostly_known=True,
)
DONE = Image(
    "https://supplier.example/a%20b.jpg",
    ImageState.DONE,
    link=LINK,
    bytes_in=1000,
    bytes_out=300,
    width=640,
    height=480,
    source=Source("png", 1280, 960),
    times=Times(61, 14, 3, 18, 22),
    kept=True,
    written="supplier.example/a b.jpg",
    notes=("no_scheme", "spaces"),
    column=1,
    same_as=(0, 0),
    small=True,
    chosen=Chosen(62, 71.5),
    digest=bytes(range(32)),
    unchanged=True,
    borrowed=True,
)
WAITING = Image(
    "https://busy.example/1.jpg",
    attempts=1,
    not_before=SOON,
    waiting_since=NOW,
    error=ImageErrorCode.HTTP_ERROR,
    detail="The host answered 503.",
)
JOBS = (
    JOB,
    replace(JOB, id="other", reuse=Reuse(fresh=True), result=ResultForm(ResultFormat.XLSX)),
)
ROWS = (
    Row("completed", 0, 2, 0, ("1", "Zażółć", "a b.jpg"), (DONE, replace(DONE, rendition=1)), version=2),
    Row("completed", 1, 2, 0, ("2", "Tea"), (WAITING, replace(WAITING, rendition=1))),
)
EXPORT = Export(
    job_id="completed",
    run=2,
    form=FORM,
    owner="key-1",
    total=3,
    created_at=NOW,
    state=ExportState.FAILED,
    done=2,
    asked_until=SOON,
    claimed_until=SOON,
    claim=3,
    attempts=1,
    upload="upload-3",
    position=Position(100, 2, 1, 1, 90, 1, (LINK,), 1, 2, COUNTS),
    parts=('"p4"',),
    directories=(123456,),
    refusal=ResultErrorCode.TOO_LARGE,
    failure="The ZIP would be too large.",
    failed_at=SOON,
)
KEY = ApiKey(
    "key-1",
    "acme",
    "94" * 32,
    Limits(5, 1000, 2000, 3000, 4000),
    NOW,
    revoked_at=SOON,
    webhook_version=2,
    overlap_until=SOON,
)
OUTPUT = KnownOutput(
    seen=Seen(bytes(range(32)), Validators('"e"', "Sun, 29 Nov 2026 09:00:00 GMT", b"u" * 32), NOW),
    link=LINK,
    maker="completed",
    holder="completed",
    stored_at=NOW,
    bytes_out=300,
    width=640,
    height=480,
    source=Source("png", 1280, 960),
    kept=True,
    small=True,
    chosen=Chosen(62, 71.5),
)

MESSAGES: tuple[Message, ...] = (
    messages.ProcessRange("completed", 1, 0),
    messages.ProcessRange("completed", 2, 7, row=3, place=1),
    messages.FinishJob("completed", 1),
    messages.DeliverWebhook("completed", 2),
    messages.TendJob("completed"),
    messages.WriteExport("completed", 2, "zip"),
    messages.IngestUpload("completed"),
)


def store(connection: Connection) -> None:
    """Store a document of each kind."""
    for job in JOBS:
        MongoJobs(connection).insert(job)
    MongoRows(connection).insert(ROWS)
    MongoKeys(connection).insert(KEY)
    MongoExports(connection).ask(EXPORT, NOW, SOON)
    MongoResults(connection).begin(EXPORT, "upload-3")
    MongoHosts(connection).back_off(
        [Host("busy.example:443", SOON, 3), Host("busy.example:443", SOON, 4, "key-1")]
    )
    MongoColumnMemory(connection).remember("key-1", Remembered("a" * 64, REQUEST, JOB.header, NOW, NOW))
    MongoSources(connection).remember(
        {b"o" * 32: OUTPUT}, {b"f" * 32: FirstOfBytes(1, LINK, "completed", NOW)}, SOON
    )
    MongoReferences(connection).add("later#1", [OUTPUT])
    usage, many = MongoUsage(connection), Amounts(1000, 1000, 1000, 1000)
    usage.add("key-1", date(2026, 11, 29), "completed", Amounts(1, 2, 3, 4), many)
    usage.take("key-1", Slot("completed", NOW), 20)
    usage.reserve("key-1", timedelta(seconds=1), NOW, SOON)
