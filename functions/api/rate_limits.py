"""The RateLimit-Policy and RateLimit headers (draft-ietf-httpapi-ratelimit-headers-10)."""

from catalight.domain.errors import LimitError
from catalight.usecases.callers.admit import DAY, Allowance

WINDOWS = {"rows": f";w={DAY}"}  # open jobs are counted at the time of the request, so they have no window


def of_allowance(left: Allowance) -> dict[str, str]:
    """Return the headers for all limits of a caller and what is left of them."""
    policies = [_policy("rows", left.limits.rows_a_day), _policy("open-jobs", left.limits.open_jobs)]
    states = [_state("rows", left.rows, left.reset), _state("open-jobs", left.open_jobs, None)]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


def of_error(error: LimitError) -> dict[str, str]:
    """Return the headers for the limit that was reached."""
    return {
        "RateLimit-Policy": _policy(error.name, error.limit),
        "RateLimit": _state(error.name, error.left, error.retry_after),
    }


def _policy(name: str, limit: int) -> str:
    return f'"{name}";q={limit}{WINDOWS.get(name, "")}'


def _state(name: str, left: int, reset: int | None) -> str:
    return f'"{name}";r={left}' + (f";t={reset}" if reset else "")
