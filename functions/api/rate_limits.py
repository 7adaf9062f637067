"""A caller's limits as headers: RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""

from catalight.domain.errors import LimitError
from catalight.usecases.callers.admit import DAY, Allowance

WINDOWS = {"rows": f";w={DAY}"}  # jobs on their way are counted as they stand


def of_allowance(left: Allowance) -> dict[str, str]:
    """What is left of all limits."""
    policies = [_policy("rows", left.limits.rows_a_day), _policy("open-jobs", left.limits.open_jobs)]
    states = [_state("rows", left.rows, left.reset), _state("open-jobs", left.open_jobs, None)]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


def of_error(error: LimitError) -> dict[str, str]:
    """What is left of the limit that was reached."""
    return {
        "RateLimit-Policy": _policy(error.name, error.limit),
        "RateLimit": _state(error.name, error.left, error.retry_after),
    }


def _policy(name: str, limit: int) -> str:
    return f'"{name}";q={limit}{WINDOWS.get(name, "")}'


def _state(name: str, left: int, reset: int | None) -> str:
    return f'"{name}";r={left}' + (f";t={reset}" if reset else "")
