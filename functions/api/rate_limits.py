"""The RateLimit-Policy and RateLimit headers (draft-ietf-httpapi-ratelimit-headers-10)."""

from catalight.domain.api_keys import Limits
from catalight.domain.errors import LimitError
from catalight.domain.usage import Amounts
from catalight.usecases.callers.admit import DAY, Admit, Allowance
from catalight.usecases.callers.throttle import WINDOW

# Seconds; open jobs are counted at the time of the request, so they have no window.
WINDOWS = {"parsing": WINDOW, **{name.replace("_", "-"): DAY for name, _ in Amounts().items()}}


def of_allowance(left: Allowance) -> dict[str, str]:
    """Return the headers for all limits of a caller and what is left of them."""
    rows, *others = [(name.replace("_", "-"), limit) for name, limit in left.limits.a_day.items()]
    policies = [_policy(*rows), _policy("open-jobs", left.limits.open_jobs)]
    policies += [_policy(*other) for other in others]
    rows, *others = [(name.replace("_", "-"), amount) for name, amount in left.a_day.items()]
    states = [_state(*rows, left.reset), _state("open-jobs", left.open_jobs, None)]
    states += [_state(*other, left.reset) for other in others]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}


def of_caller(owner: str, limits: Limits | None, admit: Admit) -> dict[str, str]:
    """Return the headers for the limits of a caller, who may have none."""
    return of_allowance(admit.allowance(owner, limits)) if limits else {}


def of_error(error: LimitError) -> dict[str, str]:
    """Return the headers for the limit that was reached."""
    return {
        "RateLimit-Policy": _policy(error.name, error.limit),
        "RateLimit": _state(error.name, error.left, error.retry_after),
    }


def _policy(name: str, limit: int) -> str:
    window = f";w={WINDOWS[name]}" if name in WINDOWS else ""
    return f'"{name}";q={limit}{window}'


def _state(name: str, left: int, reset: int | None) -> str:
    return f'"{name}";r={left}' + (f";t={reset}" if reset else "")
