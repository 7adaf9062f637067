"""What images cost on AWS, by service: to make, to keep and to view; a month besides; what changes it.

python -m bench.cost                                a second
python -m bench.cost --images 3e5 --latency 80      for 300,000 images of hosts that answer after 80 ms
python -m bench.cost --write                        also writes the tables to docs/

Nothing here runs on AWS. The times are those that `bench.waiting` and `bench.pipeline` measured on one core
(docs/performance.md), the requests were counted, the prices are those of `bench.aws_prices`, and what is
assumed is below.
"""

import argparse
import re
from dataclasses import dataclass, field, replace
from functools import partial

from bench.aws_prices import (
    API_GB,
    API_REQUEST,
    CLOUDFRONT_GB,
    CLOUDFRONT_REQUEST,
    HOURS_A_MONTH,
    INTERNET_GB,
    KMS_KEY,
    LAMBDA_GB_SECOND,
    LAMBDA_REQUEST,
    LOG_BYTE,
    MILLION,
    MONTHLY,
    NAT_GB,
    NAT_HOUR,
    POLLER_HOUR,
    PRICES,
    RESTORED_GB,
    S3_GB_MONTH,
    S3_GET,
    S3_PUT,
    SNAPSHOT,
    SQS_REQUEST,
    TRACE,
    WEB_ACL,
    WEB_RULE,
)
from bench.costs import DOLLARS_A_GB_SECOND, MB_A_VCPU
from bench.tables import PAGE, insert, table
from bench.template import default
from catalight.domain.job.ranges import IMAGES_PER_RANGE

DEPLOY = PAGE.parent / "deploy.md"
IMAGES, LATENCY = 1_000_000, 150
# Measured: docs/performance.md, "A whole job". CPU of an image.
API_SECONDS, AGGREGATOR_SECONDS = 0.13e-3, 0.04e-3
API_MEMORY, AGGREGATOR_MEMORY = API_GB * 1024, 512  # MB
# Counted by a proxy in front of moto and mongod: a range's message is sent, received and deleted.
CALLS_OF_SQS = 3
# Measured: docs/architecture.md, "Facts: logs and metrics".
LOG_OF_RANGE = 2_000  # bytes
# Assumed.
LOG_OF_LAMBDA, LOG_OF_REQUEST = 600, 250  # bytes: platform.start and platform.report; the API's access log
SOURCE_BYTES, OUTPUT_BYTES = 350_000, 80_000  # of an image: 23 % come out
VIEW_SECONDS = 0.015  # of the API's function, for an image that is opened
STARTS = 1_000  # of the API's function in a month
STORE_SECONDS = 0.05  # of a range: the last S3 PUT and the calls of MongoDB and SQS
IMAGES_OF_JOB, REQUESTS_OF_JOB = 5_000, 50  # the upload, status, result
TRACED = 0.05  # of the ranges, and one each second: X-Ray's default rule


@dataclass(frozen=True)
class Setting:
    """What the price depends on; memory in MB."""

    memory: int = field(default_factory=partial(default, "ImageMemory"))
    connections: int = field(default_factory=partial(default, "HostConnections"))
    functions: int = field(default_factory=partial(default, "ImageConcurrency"))
    gb_second: float = LAMBDA_GB_SECOND

    def range_seconds(self, latency: float) -> float:
        """Return how long a function works on ten images of one host that answers after `latency` ms."""
        cpu, waiting = measured(latency, self.connections)
        stretched = cpu * max(0.0, MB_A_VCPU / self.memory - 1)  # as if none of it fell into the waiting
        return (waiting + stretched) * IMAGES_PER_RANGE + STORE_SECONDS

    def images_a_second(self, latency: float) -> float:
        """Return how many images of one host all functions can do."""
        return self.functions * IMAGES_PER_RANGE / self.range_seconds(latency)

    def image_function(self, latency: float) -> float:
        """Return the dollars of an image in the image function."""
        return self.call(self.range_seconds(latency)) / IMAGES_PER_RANGE

    def call(self, seconds: float) -> float:
        """Return the dollars of a call of the image function."""
        return seconds * self.memory / 1024 * self.gb_second + LAMBDA_REQUEST


def measured(latency: float, connections: int) -> tuple[float, float]:
    """Return the seconds of CPU and of time of an image: as measured, or on the line through two of those."""
    lines = [[float(cell) for cell in line.split("|")[1:-1]] for line in _lines()[2:]]
    counts = re.findall(r"ms, (\d+) connections", _lines()[0])
    if str(connections) not in counts:
        raise ValueError(f"{PAGE.name} has no times for {connections} connections")
    column = 2 + counts.index(str(connections))
    above = next((place for place, line in enumerate(lines) if place and line[0] >= latency), len(lines) - 1)
    low, high = lines[above - 1], lines[above]
    share = (latency - low[0]) / (high[0] - low[0])
    cpu, seconds = (low[place] + share * (high[place] - low[place]) for place in (1, column))
    return cpu / 1000, seconds / 1000


def _lines() -> list[str]:
    """Return the table of `bench.waiting` in docs/performance.md."""
    return PAGE.read_text().partition("<!-- waiting -->")[2].partition("<!-- end -->")[0].strip().splitlines()


def range_seconds(latency: float) -> float:
    """Return how long a function works on a range of ten images, with the template's defaults."""
    return Setting().range_seconds(latency)


def delivery(images: float, latency: float, setting: Setting | None = None) -> dict[str, float]:
    """Return the dollars of the images, kept for a month, by what AWS bills."""
    setting = setting or Setting()
    ranges, requests = images / IMAGES_PER_RANGE, images / IMAGES_OF_JOB * REQUESTS_OF_JOB
    seconds = images / setting.images_a_second(latency)
    api = API_SECONDS * API_MEMORY / 1024 * LAMBDA_GB_SECOND * images + LAMBDA_REQUEST * requests
    aggregator = AGGREGATOR_SECONDS * AGGREGATOR_MEMORY / 1024 * LAMBDA_GB_SECOND * images
    return {
        "S3: a PUT for each image": images * S3_PUT,
        "S3: storage for a month": images * OUTPUT_BYTES / 1e9 * S3_GB_MONTH,
        "Lambda: image function": images * setting.image_function(latency),
        "SQS": ranges * CALLS_OF_SQS * SQS_REQUEST,
        "CloudWatch: logs": _logs(ranges, requests),
        "X-Ray": (TRACED * ranges + seconds) * TRACE,
        "API Gateway": requests * API_REQUEST,
        "Lambda: API and aggregator": api + aggregator,
    }


def _logs(ranges: float, requests: float) -> float:
    calls, own = ranges + requests, ranges * LOG_OF_RANGE + requests * LOG_OF_REQUEST
    return (own + calls * LOG_OF_LAMBDA) * LOG_BYTE


def views(images: float = MILLION) -> str:
    """Return a table of what it costs that each of the images is opened once."""
    function = LAMBDA_REQUEST + VIEW_SECONDS * API_MEMORY / 1024 * LAMBDA_GB_SECOND
    size = OUTPUT_BYTES / 1e9
    logs = (LOG_OF_LAMBDA + LOG_OF_REQUEST) * LOG_BYTE
    costs = {
        "requests to API Gateway; to CloudFront": (API_REQUEST, CLOUDFRONT_REQUEST, 0.0),
        "Lambda": (function, 0.0, 0.0),
        "CloudWatch: logs": (logs, 0.0, 0.0),
        "S3: `HEAD` and `GET`; `GET`, at most": (2 * S3_GET, S3_GET, S3_GET),
        f"{images * size:,.0f} GB to the internet": (size * INTERNET_GB, size * CLOUDFRONT_GB, 0.0),
    }
    sums = tuple(map(sum, zip(*costs.values(), strict=True)))
    rows = [(name, *(f"{images * cost:.2f}" for cost in of)) for name, of in [*costs.items(), ("sum", sums)]]
    header = (f"{images:,.0f} views", "$, API", "$, CloudFront", "$, CloudFront within its free tier")
    return table(header, rows)


def options_of_a_month() -> str:
    """Return a table of what each option costs a month, besides what passes through it."""
    million = f"{SOURCE_BYTES * MILLION / 1e9 * NAT_GB:.2f} for a million images of {SOURCE_BYTES // 1000} kB"
    snapshots = f"{API_GB * RESTORED_GB * STARTS:.2f} for {STARTS:,} starts"
    rows = [
        ("`ApiSnapStart` (on by default): each older version that is kept, up to two", SNAPSHOT, snapshots),
        ("`ImagePollers=10`", 10 * HOURS_A_MONTH * POLLER_HOUR, ""),
        ("a NAT gateway for `SubnetIds`, in one zone", HOURS_A_MONTH * NAT_HOUR, million),
        ("a key for `KmsKeyArn`", KMS_KEY, "0.03 for 10,000 calls of KMS"),
        ("`LinkDomain`", 0.0, "the table of views"),
        ("a web ACL with one rule for `LinkWebAclArn`", WEB_ACL + WEB_RULE, "0.60 for a million views"),
    ]
    return table(("option", "$ a month", "and $"), [(name, f"{cost:.2f}", more) for name, cost, more in rows])


def dollars(images: float, latency: float) -> float:
    """Return what AWS bills for the images, kept for a month, and for a month of the deployment."""
    return sum(MONTHLY.values()) + sum(delivery(images, latency).values())


def by_service(images: float = IMAGES, latency: float = LATENCY) -> str:
    """Return a table of a delivery and of a month."""
    found = delivery(images, latency)
    title = f"{images:,.0f} images, hosts {latency:g} ms"
    rows = [(name, f"{cost:,.2f}", f"{cost / images * MILLION:,.2f}") for name, cost in found.items()]
    rows.append(("sum", f"{sum(found.values()):,.2f}", f"{sum(found.values()) / images * MILLION:,.2f}"))
    monthly = [(name, f"{cost:.2f}") for name, cost in MONTHLY.items()]
    monthly.append(("sum", f"{sum(MONTHLY.values()):.2f}"))
    return "\n\n".join(
        (
            table((title, "$", "$ per million"), rows),
            table(("each month", "$"), monthly),
            f"Dollars: {PRICES}.",
        )
    )


def levers(latency: float = LATENCY) -> str:
    """Return a table of what each setting changes."""
    usual, latencies = Setting(), sorted({0, 50, latency, 300})
    settings = {
        "the template's default": usual,
        "HostConnections=4 ImageConcurrency=10": replace(usual, connections=4, functions=10),
        "HostConnections=10 ImageConcurrency=4": replace(usual, connections=10, functions=4),
        "HostConnections=10": replace(usual, connections=10),
        "ImageMemory=1024": replace(usual, memory=1024),
        "ImageMemory=1024 HostConnections=10": replace(usual, memory=1024, connections=10),
        "Architecture=x86_64": replace(usual, gb_second=DOLLARS_A_GB_SECOND["x86_64"]),
    }
    rows = [
        (
            f"`{name}`" if "=" in name else name,
            f"{setting.functions * setting.connections}",
            f"{setting.images_a_second(latency):.0f}",
            *(f"{MILLION * setting.image_function(ms):.2f}" for ms in latencies),
        )
        for name, setting in settings.items()
    ]
    header = (
        "setting",
        "connections to a host",
        f"images/s of one host, {latency:g} ms",
        *(f"$ per million, {ms:g} ms" for ms in latencies),
    )
    return table(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cost")
    parser.add_argument("--images", type=float, default=IMAGES)
    parser.add_argument("--latency", type=float, default=LATENCY, help="ms until a host answers")
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name}, for the defaults")
    options = parser.parse_args()
    if options.images < 1 or options.latency < 0:
        parser.error("there must be an image, and no negative latency")
    print(by_service(options.images, options.latency), levers(options.latency), sep="\n\n")
    print("", options_of_a_month(), views(options.images), sep="\n\n")
    if options.write:
        insert(PAGE, "delivery", by_service())
        insert(PAGE, "levers", levers())
        insert(PAGE, "options", options_of_a_month())
        insert(DEPLOY, "opened", views())


if __name__ == "__main__":
    main()
