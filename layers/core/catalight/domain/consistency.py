"""What holds between the numbers of a deployment. CloudFormation bounds each parameter, but compares none."""

from collections.abc import Callable, Iterator, Mapping

type Numbers = Mapping[str, float]

VISIBILITY_TIMEOUTS = 6
"""A queue's visibility timeout, in timeouts of its function: AWS's Lambda guide, services-sqs-configure."""
FUNCTIONS_A_POLLER = 10
"""Functions that a provisioned poller starts at most: AWS's Lambda guide, services-sqs-scaling."""
QUEUE_KEEPS = 4 * 24 * 3600
"""Seconds that a queue keeps a message by default."""

API_AND_SWEEPER = 13
"""Functions that work besides those of the queues, as far as connections are concerned: an estimate."""
MONITOR = 1
"""Connection of a function to MongoDB's primary besides its pool, to watch it."""

QUEUED = ("Image", "Aggregator", "Chores", "Export", "Ingest")

RULES: tuple[tuple[str, Callable[[Numbers], bool]], ...] = (
    (
        "Patience must exceed ImageVisibility + ImageTimeout, or a range that crashed counts as stalled",
        lambda n: n["Patience"] > n["ImageVisibility"] + n["ImageTimeout"],
    ),
    (
        "ImageTimeout must exceed FetchSeconds + CodingSeconds, or an image may not fit into one call",
        lambda n: n["ImageTimeout"] > n["FetchSeconds"] + n["CodingSeconds"],
    ),
    (
        "ImageReceives x ImageVisibility must be less than the four days that the queue keeps a message",
        lambda n: n["ImageReceives"] * n["ImageVisibility"] < QUEUE_KEEPS,
    ),
    (
        "JobDeadline must exceed ImageDeadline, or jobs end while their images wait for a host",
        lambda n: n["JobDeadline"] > n["ImageDeadline"],
    ),
    (
        "LongestDays must be at least RetentionDays, or the bucket deletes what jobs still link to",
        lambda n: n["LongestDays"] >= n["RetentionDays"],
    ),
    (
        "ImageReserved must be 0 or at least ImageConcurrency (10 x ImagePollers if set), or it is throttled",
        lambda n: not n["ImageReserved"] or n["ImageReserved"] >= images_at_once(n),
    ),
    (
        "ImagePollers must not be 1: Lambda needs two at least, or 0 for none",
        lambda n: n["ImagePollers"] != 1,
    ),
)


def images_at_once(numbers: Numbers) -> float:
    """Return how many image functions the queue starts at most."""
    return numbers["ImagePollers"] * FUNCTIONS_A_POLLER or numbers["ImageConcurrency"]


def functions_at_once(numbers: Numbers) -> float:
    """Return how many functions all queues together start at most; two are for dead letters."""
    aggregators = 2 * numbers["AggregatorConcurrency"]
    return (
        images_at_once(numbers)
        + aggregators
        + numbers["ExportConcurrency"]
        + numbers["IngestConcurrency"]
        + 2
    )


def connections_at_once(numbers: Numbers, pool: int) -> float:
    """Return how many connections to MongoDB's primary all functions together have at most.

    `pool` is that of the functions other than the image function.
    """
    images = images_at_once(numbers)
    others = functions_at_once(numbers) - images + API_AND_SWEEPER
    return images * (numbers["MongoDbConnections"] + MONITOR) + others * (pool + MONITOR)


def problems(numbers: Numbers) -> Iterator[str]:
    """Yield what is inconsistent in the values of the template's parameters."""
    for name in QUEUED:
        if numbers[f"{name}Visibility"] < VISIBILITY_TIMEOUTS * numbers[f"{name}Timeout"]:
            yield f"{name}Visibility must be at least six times {name}Timeout, or messages come twice"
    yield from (text for text, holds in RULES if not holds(numbers))
