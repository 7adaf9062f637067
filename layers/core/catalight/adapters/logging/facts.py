"""Writes each fact as one line of JSON, which CloudWatch also reads as metrics.

The line has the members of the Embedded Metric Format, so nothing is called to publish a metric:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

CloudWatch bills each combination of a metric's name and its dimensions, so there are few dimensions, and a
metric that would be zero is left out.
"""

import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from catalight.domain import facts, messages
from catalight.domain.facts import Fact, Outcome
from catalight.domain.job.job import ENDED

COUNT, BYTES, SECONDS = MetricUnit.Count, MetricUnit.Bytes, MetricUnit.Seconds
SERVER_ERROR = 500  # the least of HTTP's status codes that tell of a fault of the server

logger = logging.getLogger(__name__)

type Metrics = dict[str, tuple[MetricUnit, float]]
"""Units and values by the names of metrics."""


@dataclass(frozen=True, slots=True)
class Line:
    """A log line with its metrics.

    These are published with the dimensions; without them if there are none, and also if `total` is true. With
    `of_release` they are also published for the release alone, which decides whether it is rolled back.
    """

    message: str
    fields: dict[str, object] = field(default_factory=dict)
    metrics: Metrics = field(default_factory=dict)
    dimensions: dict[str, str] = field(default_factory=dict)
    total: bool = False
    of_release: bool = False
    level: int = logging.INFO


def report(fact: Fact) -> None:
    """Write a fact as its lines; this implements `catalight.usecases.ports.Report`."""
    for line in _lines(fact):
        logger.log(line.level, line.message, extra=_members(line))


def namespace() -> str:
    """Return the namespace of the metrics; the template gives each stack one of its own."""
    return os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or "Catalight"


def _members(line: Line) -> dict[str, object]:
    fields = {name: value for name, value in line.fields.items() if value is not None}
    if not line.metrics:
        return fields
    first, *more = [{}, line.dimensions] if line.total else [line.dimensions]
    if line.of_release:
        more.append({"Release": os.environ.get("RELEASE") or "none"})
    # An empty service: Powertools would make it a dimension of every metric.
    document = AmazonCloudWatchEMFProvider(dimension_set=first, namespace=namespace(), service="")
    document.dimension_sets += more
    for name, (unit, value) in line.metrics.items():
        document.add_metric(name, unit, value)
    return {**fields, **document.serialize_metric_set()}


def _lines(fact: Fact) -> Iterator[Line]:
    match fact:
        case facts.ImagesEnded():
            yield from _of_images(fact)
        case facts.MessageHandled() | facts.MessageUnreadable():
            yield _of_message(fact)
        case facts.JobMoved():
            yield _of_job(fact)
        case facts.WebhookCalled():
            yield _of_webhook(fact)
        case facts.HostBackedOff():
            fields = {"host": fact.host, "strikes": fact.strikes, "seconds": round(fact.seconds, 1)}
            yield Line("host backed off", fields, {"HostBackoffs": (COUNT, 1)})
        case facts.UploadRead():
            what, outcome = ("upload failed", "failed") if fact.error else ("upload ingested", "ingested")
            yield Line(what, asdict(fact), {"Uploads": (COUNT, 1)}, {"Outcome": outcome})
        case facts.ExportEnded():
            what, outcome = ("export failed", "failed") if fact.error else ("export written", "written")
            yield Line(what, asdict(fact), {"Exports": (COUNT, 1)}, {"Outcome": outcome})
        case facts.SweepDone():
            metrics: Metrics = {"Sweeps": (COUNT, 1), "StuckJobs": (COUNT, fact.stuck)}
            yield Line("sweep done", {"jobs": fact.jobs}, metrics)
        case facts.RequestRefused():
            yield _of_request(fact)


def _of_images(fact: facts.ImagesEnded) -> Iterator[Line]:
    """Yield a line for those that are done, and one for each code of those that failed."""
    counts, of_job = fact.counts, {"job_id": fact.job_id, "run": fact.run}
    if counts.done:
        metrics: Metrics = {
            "ImagesDone": (COUNT, counts.done),
            "ImagesReused": (COUNT, counts.unchanged),
            "BytesIn": (BYTES, counts.bytes_in),
            "BytesOut": (BYTES, counts.bytes_out),
        }
        for stage, milliseconds in asdict(counts.times).items():
            metrics[f"{stage.capitalize()}Seconds"] = SECONDS, milliseconds / 1000
        metrics = {name: metric for name, metric in metrics.items() if metric[1]}
        yield Line("images ended", of_job, metrics)
    for code, count in counts.errors.items():
        yield Line("images failed", of_job, {"ImagesFailed": (COUNT, count)}, {"Code": code}, total=True)


def _of_message(fact: facts.MessageHandled | facts.MessageUnreadable) -> Line:
    if isinstance(fact, facts.MessageUnreadable):
        # Who has received it before could not read it either, maybe for days: that is no fault of a release.
        of_release = fact.receives == 1
        return _failed("message unreadable", asdict(fact), "unreadable", of_release=of_release)
    kind, is_range = messages.kind(fact.message), isinstance(fact.message, messages.ProcessRange)
    fields = {"kind": kind, "receives": fact.receives, **asdict(fact.message)}
    message = f"{'range' if is_range else 'message'} {fact.outcome}"
    if fact.outcome is Outcome.FAILED:
        return _failed(message, fields, kind)
    if fact.outcome is Outcome.DEFERRED:
        metrics: Metrics = {"MessagesDeferred": (COUNT, 1)}
        return Line(message, fields, metrics, {"Kind": kind}, total=True, level=logging.WARNING)
    if not is_range:
        return Line(message, {**fields, "seconds": round(fact.seconds, 3)})
    metrics = {"RangeSeconds": (SECONDS, round(fact.seconds, 3))}
    if fact.waited is not None:
        metrics["QueueDelay"] = SECONDS, round(fact.waited, 3)
    return Line(message, fields, metrics)


def _failed(message: str, fields: dict[str, object], kind: str, *, of_release: bool = True) -> Line:
    metrics: Metrics = {"MessagesFailed": (COUNT, 1)}
    dimensions = {"Kind": kind}
    return Line(message, fields, metrics, dimensions, total=True, of_release=of_release, level=logging.ERROR)


def _of_request(fact: facts.RequestRefused) -> Line:
    if fact.status >= SERVER_ERROR:
        of_release = fact.code != facts.EXPORT_STOPPED  # which another release may have made
        return Line("request failed", asdict(fact), {"RequestsFailed": (COUNT, 1)}, of_release=of_release)
    return Line("request refused", asdict(fact), {"RequestsRefused": (COUNT, 1)})


def _of_job(fact: facts.JobMoved) -> Line:
    state = "SEALED" if fact.sealed else fact.state.value
    fields = {"job_id": fact.job_id, "run": fact.run, "state": state}
    if fact.seconds is None or fact.state not in ENDED:
        return Line("job moved", fields)
    return Line("job moved", fields, {"JobDuration": (SECONDS, round(fact.seconds, 3))}, {"State": state})


def _of_webhook(fact: facts.WebhookCalled) -> Line:
    delivery = fact.delivery
    fields = {
        "job_id": fact.job_id,
        "run": fact.run,
        "attempt": fact.attempt,
        "status": delivery.status,
        "error": delivery.error,
        "milliseconds": delivery.milliseconds,
    }
    outcome = "accepted" if delivery.delivered else "failed"
    return Line("webhook called", fields, {"WebhookAttempts": (COUNT, 1)}, {"Outcome": outcome})
