"""What to do about an image that failed: one sentence for each code."""

from collections.abc import Mapping

from catalight.domain.errors import ImageErrorCode

_TOO_LARGE = "Offer the image in a smaller size"
_RETRY = "retry the job"

ADVICE: Mapping[ImageErrorCode, str] = {
    ImageErrorCode.INVALID_URL: "Write a complete URL, such as https://example.com/image.jpg.",
    ImageErrorCode.NOT_FOUND: "Check in a browser whether the image is still there, and correct its URL.",
    ImageErrorCode.BLOCKED_BY_HOST: "Make the image public, or ask its host to let Catalight download it.",
    ImageErrorCode.HTTP_ERROR: f"Open the URL in a browser; if it works there, {_RETRY} later.",
    ImageErrorCode.TIMEOUT: f"Its host was too slow: {_RETRY} later, or use a faster host.",
    ImageErrorCode.DNS_ERROR: "Check the name of the host for typing errors, and whether it still exists.",
    ImageErrorCode.CONNECTION_ERROR: f"Its host closed the connection: {_RETRY} later.",
    ImageErrorCode.TLS_ERROR: "Ask the host to renew its certificate, or use another URL.",
    ImageErrorCode.ADDRESS_NOT_ALLOWED: "Use a URL that anybody on the internet can open, at port 80 or 443.",
    ImageErrorCode.TOO_MANY_REDIRECTS: "Use the URL to which the redirects lead.",
    ImageErrorCode.TOO_MANY_BYTES: f"{_TOO_LARGE}: the file has too many bytes.",
    ImageErrorCode.TOO_MANY_PIXELS: f"{_TOO_LARGE}: it has too many pixels.",
    ImageErrorCode.NOT_AN_IMAGE: "Use the URL of the image itself, not of a page that shows it.",
    ImageErrorCode.CORRUPT_IMAGE: "Export the image again, as JPEG or PNG: the file is damaged or unusual.",
    ImageErrorCode.GAVE_UP: f"{_TOO_LARGE}, or export it again: it took too long or too much memory.",
    ImageErrorCode.CANCELLED: f"The job was cancelled before its turn: {_RETRY}.",
    ImageErrorCode.DEADLINE_EXCEEDED: f"Its host answered too few requests in time: {_RETRY} later.",
    ImageErrorCode.INTERNAL_ERROR: f"This is a fault of Catalight: {_RETRY} later.",
}
