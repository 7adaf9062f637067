"""Fetch the file that a request names by its URL."""

from dataclasses import dataclass

from catalight.domain import texts
from catalight.domain.catalogue import urls
from catalight.domain.catalogue.share_links import feed_download
from catalight.domain.errors import FeedError, ImageError, OptionError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.usecases.callers.throttle import Throttle
from catalight.usecases.ports import Fetch

FIELD = "file_url"
LEAST = 1_000_000  # bytes that a feed counts for at least, because its host may hold the request for seconds
_ADVICE = {
    Code.NOT_FOUND: "Check file_url.",
    Code.BLOCKED_BY_HOST: "Let everybody who has the link download the file.",
    Code.TOO_MANY_BYTES: "Split the catalogue into several files.",
}
_LATER = "Try again later, or send the file itself in the field file."
_OTHERWISE = "Check file_url, or send the file itself in the field file."


@dataclass(frozen=True, slots=True)
class FetchFeed:
    """Fetch a file of at most `max_bytes`.

    What comes counts as parsed bytes besides LEAST, also if the download fails.
    """

    fetch: Fetch
    throttle: Throttle
    max_bytes: int

    def __call__(self, owner: str, url: str, *, limited: bool) -> bytes:
        """Return the file; share links become downloads.

        Raise OptionError if it is no URL, FeedError if it cannot be fetched, and LimitError if the owner is
        `limited` and has used its rate.
        """
        if reason := urls.fault(url):
            shown = texts.shown(url.partition("?")[0])  # the query of a feed may be a secret
            raise OptionError(FIELD, shown, f"an http or https URL (this one: {reason})")
        if limited:
            self.throttle(owner, LEAST)
        received = 0

        def count(size: int) -> None:
            nonlocal received
            received += size

        try:
            data = self.fetch(feed_download(url) or url, count)
        except ImageError as error:
            if limited:
                self.throttle(owner, received)
            raise self._feed_error(error) from error
        if limited:
            self.throttle(owner, max(received, len(data)))
        return data

    def _feed_error(self, error: ImageError) -> FeedError:
        detail = error.detail
        if error.code is Code.TOO_MANY_BYTES:
            detail = f"The file has more than {self.max_bytes:,} bytes."
        if error.code is Code.NOT_AN_IMAGE:  # a page, with advice of its own
            return FeedError(error.code, detail)
        advice = _ADVICE.get(error.code, _LATER if error.transient else _OTHERWISE)
        return FeedError(error.code, f"The file could not be fetched. {detail} {advice}")
