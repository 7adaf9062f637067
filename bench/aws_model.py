"""Time and dollars of 1,000 to 100,000,000 images on AWS, and what limits them: a model in closed forms.

python -m bench.aws_model            a second
python -m bench.aws_model --write    also writes the tables and the plot to docs/scale.md (needs matplotlib)

Nothing here runs on AWS. The model takes what was measured on one machine (docs/performance.md), the prices
and limits of `bench.aws_prices`, the defaults of the template, and the assumptions below.
"""

import argparse
from dataclasses import dataclass

from bench.aws_prices import (
    FIRST_FUNCTIONS,
    LAMBDA_FUNCTIONS,
    MILLION,
    MORE_FUNCTIONS,
    PRICES,
    S3_PUTS_A_SECOND,
    TIERS,
    Tier,
)
from bench.candidates import ROOT
from bench.cost import dollars, range_seconds
from bench.tables import insert, table
from bench.template import default
from catalight.domain.job.ranges import IMAGES_PER_RANGE

PAGE = ROOT / "docs/scale.md"
SIZES = tuple(10**power for power in range(3, 9))
LATENCIES = (50, 150, 300)  # ms until a host answers
USUAL = 150
HOUR, DAY = 3600.0, 86400.0

# Measured: docs/performance.md, "A whole job".
MONGOD_SECONDS = 0.47e-3  # CPU of an image in mongod
# Counted by a proxy in front of moto and mongod over a whole job.
STORED, INDEXED = 490, 110  # bytes of an image in MongoDB
# Assumed.
START_SECONDS = 4.0  # upload, cold starts and the result of a job that is alone
BUSY_DATABASE = 0.5  # share of a cluster's cores that may be used in the long run
BUSY_MEMORY = 0.5  # share of its memory that indexes may fill
MONITOR = 1  # connection of a function on the primary besides its pool (MongoDbConnections)
OTHER_FUNCTIONS = 65  # API, aggregator, exports, ingest, dead letters, sweeper
OTHERS_CONNECTIONS = 4  # POOL in adapters/mongo/client.py
KEPT_BY_ATLAS = 10  # connections
STEP = 4  # between the numbers of functions that are looked at


def most_functions(tier: Tier) -> int:
    """Return the highest ImageConcurrency that a cluster's connections allow."""
    others = OTHER_FUNCTIONS * (OTHERS_CONNECTIONS + MONITOR)
    return (tier.connections - KEPT_BY_ATLAS - others) // (default("MongoDbConnections") + MONITOR)


@dataclass(frozen=True)
class Plan:
    """A deployment: an ImageConcurrency and a cluster."""

    functions: int
    tier: Tier

    def limits(self, latency: int) -> dict[str, float]:
        """Return the images a second that each component can do."""
        waiting = range_seconds(latency) - range_seconds(0) > range_seconds(0)
        return {
            "functions waiting for hosts" if waiting else "functions": (
                self.functions * IMAGES_PER_RANGE / range_seconds(latency)
            ),
            "MongoDB": self.tier.cores * BUSY_DATABASE / MONGOD_SECONDS,
            "S3, one partition": S3_PUTS_A_SECOND,
        }

    def seconds(self, images: int, latency: int) -> float:
        """Return the time from the upload to the result."""
        rate = min(self.limits(latency).values())
        growing = max(0.0, (self.functions - FIRST_FUNCTIONS) / MORE_FUNCTIONS)
        return START_SECONDS + growing / 2 + images / rate

    def bottleneck(self, images: int, latency: int) -> str:
        """Return what takes most of the time."""
        limits = self.limits(latency)
        slowest = min(limits, key=lambda name: limits[name])
        working = images / limits[slowest]
        return slowest if working > self.seconds(images, latency) / 2 else "starting"


def smallest_tier(images: int, functions: int, latency: int) -> Tier:
    """Return the smallest cluster that does not limit, or the largest."""
    for tier in TIERS:
        limits = Plan(functions, tier).limits(latency)
        fast = limits.pop("MongoDB") >= min(limits.values())
        connected = functions <= most_functions(tier)
        if fast and connected and images * INDEXED <= tier.memory * 1e9 * BUSY_MEMORY:
            return tier
    return TIERS[-1]


def as_deployed(images: int, latency: int = USUAL) -> Plan:
    """Return the template's default, with the cluster that it needs."""
    functions = default("ImageConcurrency")
    return Plan(functions, smallest_tier(images, functions, latency))


def in_an_hour(images: int, latency: int = USUAL) -> Plan:
    """Return the deployment with the fewest functions that is done in an hour, or as soon as possible."""
    for functions in range(default("ImageConcurrency"), LAMBDA_FUNCTIONS + 1, STEP):
        plan = Plan(functions, smallest_tier(images, functions, latency))
        if plan.seconds(images, latency) <= HOUR:
            return plan
        if min(plan.limits(latency), key=lambda name: plan.limits(latency)[name])[:9] != "functions":
            return plan  # more would not help
    return plan


def duration(seconds: float) -> str:
    """Return seconds in the largest unit of which there is at least one and a half."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (60.0, "min")):
        if seconds >= 1.5 * unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.0f} s"


def by_default() -> str:
    """Return a table of the template's defaults by number of images and latency."""
    rows = [
        (
            f"{images:,}",
            *(duration(as_deployed(images, latency).seconds(images, latency)) for latency in LATENCIES),
            *(f"{dollars(images, latency):,.2f}" for latency in LATENCIES),
            f"{as_deployed(images).tier.name}, {as_deployed(images).tier.monthly:,.0f}",
            as_deployed(images).bottleneck(images, USUAL),
        )
        for images in SIZES
    ]
    header = (
        "images",
        *(f"time, hosts {latency} ms" for latency in LATENCIES),
        *(f"AWS $, {latency} ms" for latency in LATENCIES),
        "Atlas, $ a month",
        "bottleneck at 150 ms",
    )
    return table(header, rows) + f"\n\nDollars: {PRICES}."


def by_hour() -> str:
    """Return a table of the deployments that are done in an hour."""
    rows = []
    for images in SIZES:
        plan = in_an_hour(images)
        rows.append(
            (
                f"{images:,}",
                f"{plan.functions}",
                f"{plan.tier.name}, {plan.tier.monthly:,.0f}",
                duration(plan.seconds(images, USUAL)),
                f"{images / plan.seconds(images, USUAL):,.0f}",
                plan.bottleneck(images, USUAL),
            )
        )
    header = ("images", "ImageConcurrency", "Atlas, $ a month", "time", "images/s", "bottleneck")
    return table(header, rows)


def by_tier() -> str:
    """Return a table of what the clusters of Atlas allow."""
    rows = [
        (
            tier.name,
            f"{tier.connections:,}",
            f"{min(most_functions(tier), LAMBDA_FUNCTIONS):,}",
            f"{tier.cores * BUSY_DATABASE / MONGOD_SECONDS:,.0f}",
            f"{tier.memory * 1e9 * BUSY_MEMORY / INDEXED / MILLION:,.0f}",
        )
        for tier in TIERS
    ]
    header = ("cluster", "connections", "ImageConcurrency at most", "images/s", "million images kept")
    return table(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.aws_model")
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name}")
    write = parser.parse_args().write
    for name, text in (("model", by_default()), ("hour", by_hour()), ("tiers", by_tier())):
        print(f"{text}\n")
        if write:
            insert(PAGE, name, text)


if __name__ == "__main__":
    main()
