"""The form fields of /upload that say what a job uses again of earlier ones."""

from typing import Annotated

from fastapi import Depends, Form

from catalight.domain.job.reuse import MAX_HOURS, Reuse

FRESH = "Download and compress everything; do not use outputs of your earlier jobs whose images are unchanged"
MAX_AGE = "Hours for which a host is not asked again whether an image has changed; without it, it is asked"


def _reuse(
    fresh: Annotated[bool, Form(description=FRESH)] = False,
    max_age: Annotated[int | None, Form(ge=1, le=MAX_HOURS, description=MAX_AGE)] = None,
) -> Reuse:
    """Return what the form says. Raise OptionError if it contradicts itself."""
    return Reuse(fresh, max_age)


FormReuse = Annotated[Reuse, Depends(_reuse)]
"""The type of a parameter that receives what the form says of outputs of earlier jobs."""
