"""Evaluates the part of CloudWatch's metric math that the template uses, for one period.

The functions: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Value = float | None
QUOTA = 1000
"""What SERVICE_QUOTA returns: the concurrent functions of an account."""


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """Return the value of an expression; a metric that has none is None, and makes what it is part of None.

    `RUNNING_SUM` returns its argument, because there is one period. An expression that names a metric that is
    not in `values` is a NameError.
    """
    functions: dict[str, Callable[..., Any] | None] = {
        "IF": lambda condition, then, otherwise: then if condition else otherwise,
        "FILL": _fill,
        "SUM": lambda series: sum(_known(series)),
        "MAX": lambda series: max(_known(series)),
        "METRICS": lambda: list(values.values()),
        "RUNNING_SUM": lambda series: series,
        "REPEAT": None,  # there is no earlier period to repeat
        "SERVICE_QUOTA": lambda _: QUOTA,
    }
    try:
        found: Value = eval(expression, {"__builtins__": {}}, functions | dict(values))
    except TypeError:  # arithmetic with None
        return None
    return found


def _fill(series: Any, filler: Value) -> Any:
    if isinstance(series, list):
        return [_fill(one, filler) for one in series]
    return filler if series is None else series


def _known(series: Sequence[Value]) -> list[float]:
    return [value for value in series if value is not None]
