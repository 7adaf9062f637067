"""Keys and links of the objects that a job stores: unguessable, and the same for every attempt."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from urllib.parse import quote, unquote, urlsplit

from catalight.domain.job import safe_names
from catalight.domain.job.result_form import CLASSIC, ResultForm

TOKEN_BYTES = 16
MAX_NAME = 80
MAX_RESULT_NAME_BYTES = 200  # of the 255 of file systems: the rest is for " (1)" and the like
FORBIDDEN_IN_FILE_NAMES = frozenset('/\\:*?"<>|')  # on at least one operating system
_TOKEN_AND_EXTENSION = re.compile(r"[A-Za-z0-9_-]{22}/(.+)\.[a-z]{3,4}")


def token(secret: bytes, run: int, row: int, image: int) -> str:
    """Return 22 URL-safe characters: 128 bits of the HMAC-SHA256 (RFC 2104) of the image's position.

    A crash between storing and recording leaves no orphan, because the next attempt stores under the same
    name.
    """
    digest = hmac.digest(secret, f"{run}/{row}/{image}".encode(), hashlib.sha256)
    return urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def source_stem(url: str) -> str:
    """Return the source's own name, sanitised, without its extension."""
    last = unquote(urlsplit(url).path).rsplit("/", 1)[-1]
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", last.rsplit(".", 1)[0]).strip("-")
    return stem[:MAX_NAME] or "image"


def file_name(url: str, extension: str) -> str:
    """Return the source's own name, sanitised, with the output's extension (importers insist on one)."""
    return f"{source_stem(url)}.{extension}"


def link(
    secret: bytes, run: int, row: int, image: int, url: str, extension: str, stem: str | None = None
) -> str:
    """Return `{token}/{name}`, the path of an output image below `/images/`.

    `stem` is its name without the extension; None: that of its source.
    """
    name = file_name(url, extension) if stem is None else f"{stem}.{extension}"
    return f"{token(secret, run, row, image)}/{name}"


def is_link(text: str) -> bool:
    """Return whether `text` has the form of an output image's `{token}/{name}`."""
    found = _TOKEN_AND_EXTENSION.fullmatch(text)
    return found is not None and safe_names.is_segment(found[1])


def image_key(link: str) -> str:
    """Return the S3 key of the output image with this `{token}/{name}`.

    The key is also the path of the image's URL, so a CDN in front of the bucket can serve it.
    """
    return f"images/{link}"


def image_url(base: str, link: str) -> str:
    """Return the URL of an output image, percent-encoded; `base` is the API's URL or a CDN's."""
    return f"{base}/{image_key(link if link.isascii() else quote(link))}"


def result_key(job_id: str, run: int, form: ResultForm = CLASSIC) -> str:
    """Return the S3 key of the result of one run in this form."""
    return f"results/{job_id}/{'-'.join((str(run), *form.flags))}.{form.format}"


def result_name(catalogue_name: str, form: ResultForm = CLASSIC) -> str:
    """Return a result's file name: the catalogue's name, without unsafe or unprintable characters.

    It has at most MAX_RESULT_NAME_BYTES in UTF-8.
    """
    stem = catalogue_name.rsplit(".", 1)[0]
    safe = "".join(c if c.isprintable() and c not in FORBIDDEN_IN_FILE_NAMES else "-" for c in stem)
    ending = f"{'failed' if form.only_failed else 'catalight'}.{form.format}"
    fitting = safe[:MAX_NAME].encode()[: MAX_RESULT_NAME_BYTES - len(ending) - 1].decode(errors="ignore")
    return f"{fitting.strip('. -') or 'catalogue'}-{ending}"
