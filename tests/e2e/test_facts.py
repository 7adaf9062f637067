"""What operators see of a job: its facts in all logs, and the sums of their metrics."""

from typing import Any

from local import metric_lines, metrics
from local.client import Client
from local.hosts.image_server import ImageServer
from local.hosts.webhook_receiver import webhook_receiver
from local.log_lines import API_LOG, FUNCTION_LOGS
from local.runner.system import System
from tests.e2e.test_job import finish
from tests.integration.local.waiting import eventually
from tests.pipeline import csv_of


def test_one_job_is_followed_through_all_logs_by_its_id(
    system: System, client: Client, images: ImageServer
) -> None:
    cells = [f"{images.url}/{number}.jpg" for number in range(9310, 9335)]
    with webhook_receiver(system.webhook_secret) as receiver:
        data = csv_of(*cells, f"{images.url}/missing/9335.jpg")
        job = client.upload(data, webhook_url=f"{receiver.url}/hook")["request_id"]
        status: Any = finish(client, job)
        receiver.events.get(timeout=30)
        eventually(lambda: "webhook called" in messages(system, job))
    lines = of_job(system, job)
    assert [line["state"] for line in lines if line["message"] == "job moved"] == [
        "SEALED",
        "PROCESSING",
        "FINISHING",
        "COMPLETED",
    ]
    done = [line for line in lines if line["message"] == "range done"]
    assert sorted({line["range"] for line in done}) == [0, 1, 2]
    assert total(lines, "ImagesDone") == status["images"]["done"] == 25
    assert total(lines, "ImagesFailed") == status["images"]["failed"] == 1
    assert total(lines, "BytesOut") == status["bytes"]["out"] > 0
    # All of it comes from the one request, whose answer has this id.
    assert len({line["http_request_id"] for line in lines}) == len({line["trace_id"] for line in lines}) == 1
    assert {line["function_name"] for line in lines if "function_name" in line} == {
        system.functions[name].name for name in ("ImageFunction", "AggregatorFunction")
    }
    shown = "\n".join(metrics.aligned(metrics.table(system.folder)))
    assert all(name in shown for name in ("ImagesDone", "QueueDelay", "Code=not_found", "JobDuration"))


def of_job(system: System, job: str) -> list[dict[str, Any]]:
    """The lines of a job, in the order of time."""
    logs = [system.folder / API_LOG, *system.folder.glob(FUNCTION_LOGS)]
    return sorted(
        (line for line in metric_lines.lines(logs) if line.get("job_id") == job),
        key=lambda line: str(line["timestamp"]),
    )


def messages(system: System, job: str) -> set[str]:
    return {line["message"] for line in of_job(system, job)}


def total(lines: list[dict[str, Any]], name: str) -> float:
    found = (metric for line in lines for metric in metric_lines.metrics(line))
    return sum(sum(metric.values) for metric in found if metric.name == name and not metric.dimensions)
