"""Sentences about errors that are said in a problem of the API and in that of a big upload."""

from catalight.domain.errors import LimitError, OptionError

_LIMITS = {
    "rows": (
        "Your key may send {limit:,} rows a day (UTC). {left:,} are left; this catalogue has {wanted:,}.",
        " Split the catalogue, or ask for a higher limit.",
    ),
    "images": (
        "Your key may send {limit:,} images a day (UTC), each counted in each rendition. {left:,} are left; "
        "this request has {wanted:,}.",
        " Split the catalogue, or ask for a higher limit.",
    ),
    "file-bytes": (
        "Your key may send {limit:,} bytes a day (UTC). {left:,} are left; this catalogue has {wanted:,}.",
        " Split the catalogue, or ask for a higher limit.",
    ),
    "download-bytes": ("{limit:,} bytes a day (UTC) may be downloaded for your key, and have been.", ""),
    "parsing": ("Your key sends catalogues faster than they are read for one key.", ""),
    "open-jobs": ("Your key may have {limit:,} unfinished jobs at once, and it has that many.", ""),
}


def of_option(error: OptionError) -> str:
    """Say what a field has and what is allowed."""
    return f"{error.field} is {error.found!r}. Allowed: {error.allowed}."


def of_limit(error: LimitError) -> str:
    """Say what the limit is, what is left of it, and what to do."""
    detail, or_else = _LIMITS[error.name]
    detail = detail.format(limit=error.limit, left=error.left, wanted=error.wanted)
    return detail + (f" Try again in {error.retry_after:,} s." if error.retry_after else or_else)
