"""What AWS and Atlas cost and allow: each figure with its source. Dollars are list prices of us-east-1."""

from dataclasses import dataclass

from bench.costs import DOLLARS_A_GB_SECOND, DOLLARS_A_REQUEST

PRICES = "list prices of us-east-1 in September 2026, without free tiers"
MILLION, HOURS_A_MONTH = 1e6, 730

# aws.amazon.com/lambda/pricing
LAMBDA_GB_SECOND, LAMBDA_REQUEST = DOLLARS_A_GB_SECOND["arm64"], DOLLARS_A_REQUEST
# … SnapStart: a GB-second of the snapshot of a version, a GB restored; provisioned mode: an hour of a poller
SNAPSHOT_GB_SECOND, RESTORED_GB, POLLER_HOUR = 0.0000015046, 0.0001397998, 0.00925
# aws.amazon.com/sqs/pricing: a standard queue, and what is added for messages with a group
SQS_REQUEST = (0.40 + 0.10) / MILLION
# aws.amazon.com/s3/pricing
S3_PUT, S3_GET, S3_GB_MONTH = 0.005 / 1000, 0.0004 / 1000, 0.023
# aws.amazon.com/ec2/pricing/on-demand: a GB to the internet, after the first 100
INTERNET_GB = 0.09
# aws.amazon.com/cloudfront/pricing: North America and Europe; 1 TB and 10 million requests a month are free
CLOUDFRONT_REQUEST, CLOUDFRONT_GB = 0.010 / 10_000, 0.085
# aws.amazon.com/api-gateway/pricing: a request to an HTTP API, of up to 512 KB
API_REQUEST = 1.00 / MILLION
# aws.amazon.com/cloudwatch/pricing: a byte of logs, a metric of an alarm, a dashboard, a custom metric
LOG_BYTE, ALARM_METRIC, DASHBOARD, CUSTOM_METRIC = 0.50 / 1e9, 0.10, 3.00, 0.30
# aws.amazon.com/secrets-manager/pricing: a secret; aws.amazon.com/xray/pricing: a trace that is recorded
SECRET, TRACE = 0.40, 5.00 / MILLION
# aws.amazon.com/eventbridge/pricing: an invocation by the scheduler
SCHEDULE = 1.00 / MILLION
# aws.amazon.com/vpc/pricing: an hour of a NAT gateway, and a GB through it
NAT_HOUR, NAT_GB = 0.045, 0.045
# aws.amazon.com/kms/pricing: a key of the account's own; aws.amazon.com/waf/pricing: a web ACL, a rule of it
KMS_KEY, WEB_ACL, WEB_RULE = 1.00, 5.00, 1.00

ALARM_METRICS = 49
CUSTOM_METRICS = 22
"""Names with their dimensions, of a deployment in use: docs/architecture.md, "Facts: logs and metrics"."""
EVENT_METRICS = 6 * 4
"""Of each event source mapping: events that are polled, passed on, failed and deleted. They must be asked for
(`MetricsConfig`), so they are taken to cost as much as custom metrics; Lambda's pages do not say."""
SWEEPS_A_MONTH, SWEEP_SECONDS, SWEEP_LOG = HOURS_A_MONTH * 60, 0.1, 1000
"""One each minute, of 256 MB, whose seconds and bytes are assumed; each is traced."""

API_GB = 1
"""Memory of the API's function, and so the size of the snapshot of each of its versions."""
SNAPSHOT = HOURS_A_MONTH * 3600 * API_GB * SNAPSHOT_GB_SECOND

# Idle polling of SQS was estimated from five pollers a queue, which is the least with MaximumConcurrency.
MONTHLY = {
    "CloudWatch: our metrics": CUSTOM_METRICS * CUSTOM_METRIC,
    "CloudWatch: event counts of the queues": EVENT_METRICS * CUSTOM_METRIC,
    "CloudWatch: alarms": ALARM_METRICS * ALARM_METRIC,
    "CloudWatch: dashboard": DASHBOARD,
    "Lambda: snapshot of the API": SNAPSHOT,
    "Secrets Manager: two secrets": 2 * SECRET,
    "SQS: polling of empty queues": 0.48,
    "X-Ray: sweeper": SWEEPS_A_MONTH * TRACE,
    "Lambda, schedule and logs: sweeper": SWEEPS_A_MONTH
    * (LAMBDA_REQUEST + SWEEP_SECONDS / 4 * LAMBDA_GB_SECOND + SCHEDULE + SWEEP_LOG * LOG_BYTE),
}
"""Dollars of each month, whether there are images or not."""

# docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: functions that a mapping starts at once, and
# how many more a second
FIRST_FUNCTIONS, MORE_FUNCTIONS = 5, 300 / 60
# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 1,000 concurrent functions of an account,
# of which a tenth is left to the others
LAMBDA_FUNCTIONS = 900
# docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html: a partition of a bucket; a new
# bucket has one
S3_PUTS_A_SECOND = 3500


@dataclass(frozen=True)
class Tier:
    """A cluster of Atlas. `connections` of a node: mongodb.com/docs/atlas/reference/atlas-limits.

    `hourly` dollars, `memory` in GB and `cores`: mongodb.com/pricing. M10 and M20 run on burstable machines
    (mongodb.com/docs/atlas/manage-clusters); here a fifth of their two cores counts, as of AWS's t3.small.
    """

    name: str
    hourly: float
    connections: int
    memory: float
    cores: float

    @property
    def monthly(self) -> float:
        """Dollars a month."""
        return self.hourly * HOURS_A_MONTH


TIERS = (
    Tier("M10", 0.08, 1500, 2, 0.4),
    Tier("M20", 0.20, 3000, 4, 0.4),
    Tier("M30", 0.54, 3000, 8, 2),
    Tier("M40", 1.04, 6000, 16, 4),
    Tier("M50", 2.00, 16000, 32, 8),
)
