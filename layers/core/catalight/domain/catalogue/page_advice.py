"""What to do about a page that a host sent in the place of an image."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_HTML = ("text/html", "application/xhtml+xml")
_BEGINNINGS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title", b"<!--")


@dataclass(frozen=True, slots=True)
class Service:
    """A service whose links lead to pages: how its hosts end, its paths, and what helps."""

    name: str
    hosts: tuple[str, ...]
    advice: str
    path: str = "/"


_SHARE = "share the file with everybody who has the link"
_COPY = "open it, copy the image's own address (right click, copy image address), and write that"

SERVICES = (
    Service("Google Drive", ("drive.google.com",), "it is a folder; write a link to each file", "/drive/"),
    Service("Google Sheets", ("docs.google.com",), "write links to images", "/spreadsheets/"),
    Service("Google Drive", ("drive.google.com", "drive.usercontent.google.com", "docs.google.com"), _SHARE),
    Service(
        "Google Photos",
        ("photos.google.com", "photos.app.goo.gl"),
        "it gives images to people only; put the image on Google Drive or a server and write its link",
    ),
    Service("Dropbox", ("dropbox.com",), "it is a folder; write a link to each file", "/scl/fo/"),
    Service("Dropbox", ("dropbox.com",), "it is a folder; write a link to each file", "/sh/"),
    Service("Dropbox", ("dropbox.com", "dropboxusercontent.com"), _SHARE),
    Service("OneDrive", ("1drv.ms",), "it is a folder; write a link to each file", "/f/"),
    Service(
        "OneDrive",
        ("1drv.ms", "onedrive.live.com", "api.onedrive.com", "my.microsoftpersonalcontent.com"),
        f"{_SHARE}, and copy the link anew",
    ),
    Service("SharePoint", ("sharepoint.com",), f"{_SHARE}, without logging in"),
    Service("Box", ("box.com",), f"{_SHARE} and let them download it"),
    Service("GitHub", ("github.com",), "make the repository public, or put the image on another server"),
    Service("GitLab", ("gitlab.com",), "make the project public, or put the image on another server"),
    Service(
        "Bitbucket", ("bitbucket.org",), "make the repository public, or put the image on another server"
    ),
    Service(
        "Imgur", ("imgur.com",), "it is an album or was removed; write the link of one image (i.imgur.com/…)"
    ),
    Service("Wikimedia", ("wikimedia.org", "wikipedia.org"), _COPY),
    Service("Unsplash", ("unsplash.com",), f"{_COPY} (images.unsplash.com/…)"),
    Service("Pexels", ("pexels.com",), f"{_COPY} (images.pexels.com/…)"),
    Service("Pixabay", ("pixabay.com",), f"{_COPY} (cdn.pixabay.com/…)"),
    Service("Flickr", ("flickr.com", "flic.kr"), f"{_COPY} (live.staticflickr.com/…)"),
    Service("Instagram", ("instagram.com",), "it gives images to people only; ask for the original file"),
    Service(
        "Facebook", ("facebook.com", "fb.com"), "it gives images to people only; ask for the original file"
    ),
    Service("Pinterest", ("pinterest.com", "pin.it"), f"{_COPY} (i.pinimg.com/…)"),
    Service("WeTransfer", ("wetransfer.com", "we.tl"), "its links end after days; put the image on a server"),
    Service("iCloud", ("icloud.com",), "it gives images to people only; put the image on a server"),
    Service("Canva", ("canva.com",), "download the image and put it on a server"),
)

_LOGINS = (
    "accounts.google.com",
    "login.microsoftonline.com",
    "login.live.com",
    "login.microsoft.com",
    "account.box.com",
)
_LOGIN_PATHS = frozenset(("login", "signin", "sign-in", "sign_in", "log-in", "servicelogin", "authwall"))
_QUOTA = b"quota exceeded"


def page_advice(url: str, final_url: str, media_type: str, head: bytes) -> str | None:
    """Return what a host sent in the place of an image, and what to do, or None if that is not known.

    `url` is the one that was asked for, before redirects to `final_url`. `media_type` is that of the answer
    and `head` its first bytes (some 4,096 do); what a page says itself is never repeated.
    """
    if not _is_page(media_type, head):
        return None
    service = _service(url) or _service(final_url)
    login = _is_login(final_url)
    if service and service.name == "Google Drive" and _QUOTA in head.lower():
        return (
            "The host sent a page of Google Drive: the file was downloaded too often today; put the image on "
            "another server or retry tomorrow."
        )
    kind = "a login page" if login else "a page"
    if service:
        return f"The host sent {kind} of {service.name}: {service.advice}."
    if login:
        return "The host sent a login page: write the address of an image that can be had without logging in."
    return None


def feed_advice(url: str, final_url: str, media_type: str, head: bytes) -> str | None:
    """Return what a host sent in the place of a catalogue, and what to do, as `page_advice` does."""
    service = _service(url) or _service(final_url)
    login = _is_login(final_url)
    if not _is_page(media_type, head) or not (service or login):
        return None
    kind = "a login page" if login else "a page"
    whose = f" of {service.name}" if service else ""
    return (
        f"The host sent {kind}{whose} in the place of a catalogue: {_SHARE}, or send the file itself in the "
        "field file."
    )


def _is_page(media_type: str, head: bytes) -> bool:
    beginning = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:32].lower()
    if beginning.startswith(_BEGINNINGS):
        return True
    looks_like_text = b"\0" not in head[:512] and not head.startswith(
        (b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF")
    )
    kind = media_type.partition(";")[0].strip().lower()
    return looks_like_text and (kind in _HTML or (kind == "application/json" and beginning.startswith(b"{")))


def _service(url: str) -> Service | None:
    host, path = _host_and_path(url)
    return next((one for one in SERVICES if _ends(host, one.hosts) and path.startswith(one.path)), None)


def _ends(host: str, names: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)


def _is_login(url: str) -> bool:
    host, path = _host_and_path(url)
    return _ends(host, _LOGINS) or not _LOGIN_PATHS.isdisjoint(path.lower().split("/"))


def _host_and_path(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:  # a redirect may lead anywhere
        return "", "/"
    return parts.hostname or "", parts.path or "/"
