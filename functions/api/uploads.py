"""The route /upload: accept a catalogue, or say what would become of it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from catalight.domain.catalogue.catalogue import Understanding
from catalight.domain.errors import CatalogueError, FeedError, IdempotencyError, OptionError
from catalight.domain.job.job import Job
from catalight.usecases.jobs.submit import Submission, named
from functions.api import rate_limits
from functions.api.callers import Caller, Calling
from functions.api.documented import (
    documented_header,
    documented_links,
    documented_part,
    documented_problems,
)
from functions.api.fields import ONLY_KNOWN
from functions.api.models import Links, Note, shown
from functions.api.sent_file import FormFile, SentFile
from functions.api.services import Built, Services
from functions.api.terms import FormTerms, Terms
from functions.api.understood import Accepted, DryRun, Understood

DRY_RUN = "Only say what would become of the file: 200, also if it would be refused; nothing is stored"

router = APIRouter()


@router.post(
    "/upload",
    status_code=202,
    response_model=Accepted,
    responses=documented_problems(
        *(401, 410, 413, 415, 429), CatalogueError, FeedError, OptionError, IdempotencyError
    )
    | {
        200: {"model": DryRun, "description": "With `dry_run=true`: what would become of the file"},
        202: documented_header("Location", "Path of the job's status") | documented_links(),
    },
    openapi_extra=documented_part("file", "text/csv"),
    dependencies=[ONLY_KNOWN],
)
def upload(
    request: Request,
    response: Response,
    calling: Calling,
    built: Built,
    sent: FormFile,
    terms: FormTerms,
    dry_run: Annotated[bool, Query(description=DRY_RUN)] = False,
) -> Accepted | JSONResponse:
    """Accept a catalogue; its images are downloaded and compressed in the background."""
    if dry_run:
        understood = _understood(sent, calling, built, terms)
        if terms.naming and not understood.refusal:
            named(terms.naming, understood.catalogue(), terms.renditions)
        return JSONResponse(DryRun.of(understood, len(terms.renditions)).model_dump(mode="json"))
    submission = partial(Submission, file_name=sent.name, **terms.of_request(request, calling, built))
    file = sent.read(calling, built, terms)
    job, understood = built.accept(calling.owner, terms.idempotency_key, file, submission)
    response.headers["Location"] = Links.of(job.id).status
    response.headers.update(rate_limits.of_caller(calling.owner, calling.limits, built.admit))
    return _accepted(job, understood)


def _understood(sent: SentFile, calling: Caller, built: Services, terms: Terms) -> Understanding:
    """Return what is known of a file, also if it cannot be fetched."""
    try:
        return built.understand(calling.owner, sent.read(calling, built, terms))
    except FeedError as error:
        return Understanding(refusal=error)


def _accepted(job: Job, understood: Understanding) -> Accepted:
    return Accepted(
        request_id=job.id,
        status=shown(job.state),
        rows=job.rows,
        images=job.images,
        outputs=job.outputs_total,
        duplicates=job.duplicates,
        warnings=[Note.of(warning) for warning in understood.warnings],
        warnings_total=understood.warnings_total,
        links=Links.of(job.id),
        understood=Understood.of(understood),
    )
