"""What a form says of a job: its images, its result, its webhook, and the requests that it makes."""

import re
from dataclasses import dataclass, fields
from typing import Annotated, Any

from fastapi import Depends, Form, Header, Request

from catalight.domain import texts
from catalight.domain.catalogue import urls
from catalight.domain.errors import OptionError
from catalight.domain.image.rendition import Rendition
from catalight.domain.job import request_headers, webhook_url
from catalight.domain.job.naming import Naming
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.result_form import RequestedResult
from catalight.domain.job.reuse import Reuse
from catalight.domain.web.egress import EgressPolicy
from functions.api.callers import Caller
from functions.api.keeping import FormKeepDays
from functions.api.naming import FormNaming
from functions.api.renditions import Renditions
from functions.api.result_fields import Requested
from functions.api.reuse_fields import FormReuse
from functions.api.services import Built, Services

URL_SCHEMA: dict[str, Any] = {"format": "uri", "maxLength": urls.MAX_URL_CHARACTERS}
WEBHOOK = "https URL to call when the job has ended, without a password"
USER_AGENT_SCHEMA: dict[str, Any] = {
    "pattern": request_headers.USER_AGENT,
    "maxLength": request_headers.MAX_CHARACTERS,
}
REFERER_SCHEMA: dict[str, Any] = {
    "pattern": request_headers.REFERER,
    "maxLength": request_headers.MAX_CHARACTERS,
}
USER_AGENT = "Sent before Catalight's own User-Agent when images are downloaded, for hosts that refuse others"
REFERER = f"URL sent as Referer when images are downloaded; `{request_headers.ORIGIN}`: the image's own host"
MAX_KEY = 255
REFERENCE = "Any text of yours, such as an order number; in the job's status, lists of jobs and the webhook"
MAX_REFERENCE = 200
REFERENCE_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*")
REFERENCE_SCHEMA: dict[str, Any] = {"pattern": f"^{REFERENCE_TEXT.pattern}$"}
KEY = "Any text, new for each submission; a submission sent again with the same key is accepted only once"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a job does with its catalogue."""

    renditions: tuple[Rendition, ...]
    webhook_url: str | None
    request_headers: RequestHeaders
    naming: Naming | None
    keep_days: int | None
    result: RequestedResult
    reuse: Reuse
    idempotency_key: str | None
    reference: str | None

    def of_request(self, request: Request, calling: Caller, built: Services) -> dict[str, Any]:
        """Return the fields of a JobRequest, except for those that the file decides."""
        base = built.api_base or str(request.base_url).rstrip("/")
        return {
            "owner": calling.owner,
            "limits": calling.limits,
            "api_base": base,
            "link_base": built.link_base or base,
            **{field.name: getattr(self, field.name) for field in fields(self)},
        }


def _terms(
    built: Built,
    naming: FormNaming,
    keep_days: FormKeepDays,
    renditions: Renditions,
    result: Requested,
    reuse: FormReuse,
    webhook_url: Annotated[str | None, Form(description=WEBHOOK, json_schema_extra=URL_SCHEMA)] = None,
    user_agent: Annotated[str, Form(description=USER_AGENT, json_schema_extra=USER_AGENT_SCHEMA)] = "",
    referer: Annotated[str, Form(description=REFERER, json_schema_extra=REFERER_SCHEMA)] = "",
    reference: Annotated[
        str, Form(max_length=MAX_REFERENCE, description=REFERENCE, json_schema_extra=REFERENCE_SCHEMA)
    ] = "",
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=MAX_KEY, description=KEY)] = None,
) -> Terms:
    """Return what the form says of the job. Raise OptionError if it is not allowed."""
    if webhook_url:
        _check_webhook(webhook_url, built.egress)
    headers = RequestHeaders(user_agent, referer)
    _check_allowed(headers, built.egress)
    if not REFERENCE_TEXT.fullmatch(reference):
        raise OptionError("reference", texts.shown(reference), "one line of text, without control characters")
    return Terms(
        renditions, webhook_url, headers, naming, keep_days, result, reuse, idempotency_key, reference or None
    )


def _check_webhook(url: str, egress: EgressPolicy) -> None:
    """Raise OptionError if the webhook cannot be called."""
    if fault := webhook_url.fault(url, egress):
        wanted = "an http or https URL" if egress.allows_http_webhooks else "an https URL"
        found = texts.shown(url).partition("?")[0]  # a webhook's query is usually a secret
        raise OptionError("webhook_url", found, f"{wanted} (this one: {fault})")


def _check_allowed(headers: RequestHeaders, egress: EgressPolicy) -> None:
    """Raise OptionError if the job sets headers and the deployment does not allow that."""
    sent = headers.to_document()
    if sent and not egress.request_headers:
        field, value = next(iter(sent.items()))
        raise OptionError(field, value, "nothing: this deployment uses its own headers")


FormTerms = Annotated[Terms, Depends(_terms)]
"""The type of a parameter that receives what the form says of the job."""
