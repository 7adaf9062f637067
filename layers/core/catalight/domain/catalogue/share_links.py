"""Links by which people share files: which of them lead to a page, and the download behind it.

Each line of the table says where it is documented. A link that is a download already is left as it is.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

_FILE = r"(?i:[^/]+\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?))"


@dataclass(frozen=True, slots=True)
class Share:
    """A kind of share link: the hosts, a pattern that its whole path has, and the download.

    `target` is the download's URL with groups of the pattern and parameters of the query in braces; the
    parameters in `kept` are appended if the link has them. Without a `target` the link stays as it is,
    except that `query` replaces the parameters in `dropped`. A link with a parameter in `done` is a download.
    """

    service: str
    hosts: tuple[str, ...]
    path: str
    source: str
    target: str = ""
    kept: tuple[str, ...] = ()
    query: str = ""
    dropped: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(self.path, re.ASCII))


_DRIVE = "https://developers.google.com/workspace/drive/api/reference/rest/v3/files"  # webContentLink
_DRIVE_TO = "https://drive.google.com/uc?export=download&id={id}"
_DRIVE_HOSTS = ("drive.google.com", "docs.google.com")
_DROPBOX = "https://help.dropbox.com/share/force-download"
_ONEDRIVE = "https://learn.microsoft.com/en-us/onedrive/developer/rest-api/api/shares_get"
_ONEDRIVE_NEW = "https://github.com/OpenListTeam/OpenList/pull/1637"
_ONEDRIVE_EMBED = "https://github.com/ShareX/ShareX/issues/5386"
_SHAREPOINT = "https://learn.microsoft.com/en-us/graph/api/resources/sharinglink"
_BOX = "https://developer.box.com/reference/get-files-id--get-shared-link"
_GITHUB = "https://docs.github.com/en/repositories/working-with-files/using-files/working-with-non-code-files"
_GITLAB = "https://docs.gitlab.com/api/repository_files/"
_BITBUCKET = "https://support.atlassian.com/bitbucket-cloud/docs/hyperlink-to-source-code-in-bitbucket/"
_IMGUR = "https://apidocs.imgur.com/"
_WIKIMEDIA = "https://commons.wikimedia.org/wiki/Commons:Reusing_content_outside_Wikimedia/technical"
_SHEETS = "https://snapsheets.readthedocs.io/en/latest/notes/format.html"
_SHEETS_PUBLISHED = "https://support.google.com/docs/answer/183965"

_USER = r"(?:/a/[^/]+)?(?:/u/[0-9]+)?"
_WIKI_FILE = (
    r"/wiki/(?:File|Image|Datei|Fichier|Archivo|Bestand|Plik|Ficheiro|Imagem):(?P<name>.+\.[A-Za-z]{3,4})"
)
_FILE_PATH = "https://{host}/wiki/Special:FilePath/{name}"

IMAGES = (
    Share(
        "Google Drive",
        _DRIVE_HOSTS,
        rf"{_USER}/file{_USER}/d/(?P<id>[\w-]+)(?:/.*)?",
        _DRIVE,
        _DRIVE_TO,
        ("resourcekey",),
    ),
    Share(
        "Google Drive",
        _DRIVE_HOSTS,
        rf"{_USER}/(?:open|uc|thumbnail)",
        _DRIVE,
        _DRIVE_TO,
        ("resourcekey",),
        done=("export=download",),
    ),
    Share(
        "Dropbox",
        ("dropbox.com", "www.dropbox.com"),
        r"/s/[^/]+/[^/]+|/scl/fi/[^/]+/[^/]+",
        _DROPBOX,
        query="dl=1",
        dropped=("dl", "raw"),
        done=("dl=1", "raw=1"),
    ),
    Share(
        "Dropbox",
        ("dropbox.com", "www.dropbox.com"),
        rf"/sh/(?:[^/]+/)+{_FILE}",
        _DROPBOX,
        query="dl=1",
        dropped=("dl", "raw"),
        done=("dl=1", "raw=1"),
    ),
    Share(
        "OneDrive",
        ("1drv.ms",),
        r"/(?!f/)[a-z]/c/(?P<user>[0-9a-f]{8,20})/(?P<share>[\w!-]+)",
        _ONEDRIVE_NEW,
        "https://my.microsoftpersonalcontent.com/personal/{user}/_layouts/15/download.aspx?share={share}",
    ),
    Share(
        "OneDrive",
        ("1drv.ms",),
        r"/(?!f/)[a-z]/s![\w!-]+",
        _ONEDRIVE,
        "https://api.onedrive.com/v1.0/shares/u!{encoded}/root/content",
    ),
    Share(
        "OneDrive",
        ("onedrive.live.com",),
        r"/(?:embed|redir|view\.aspx)",
        _ONEDRIVE_EMBED,
        "https://onedrive.live.com/download?resid={resid}",
        ("authkey", "cid"),
    ),
    Share(
        "OneDrive",
        ("onedrive.live.com",),
        r"/?",
        _ONEDRIVE_EMBED,
        "https://onedrive.live.com/download?resid={id}&authkey={authkey}",
        ("cid",),
    ),
    Share(
        "OneDrive",
        ("onedrive.live.com",),
        r"/:(?!f)[a-z]:/[a-z]/.+",
        _ONEDRIVE_NEW,
        query="download=1",
        dropped=("web",),
        done=("download=1",),
    ),
    Share(
        "SharePoint",
        ("*.sharepoint.com",),
        r"/:(?!f)[a-z]:/[a-z]/.+",
        _SHAREPOINT,
        query="download=1",
        dropped=("web",),
        done=("download=1",),
    ),
    Share(
        "Box",
        ("app.box.com", "*.app.box.com", "*.box.com", "box.com"),
        r"/s/(?P<id>\w+)",
        _BOX,
        "https://{host}/shared/static/{id}",
    ),
    Share(
        "GitHub",
        ("github.com", "www.github.com"),
        r"/[^/]+/[^/]+/blob/.+",
        _GITHUB,
        query="raw=true",
        dropped=("raw", "plain"),
        done=("raw=true", "raw=1"),
    ),
    Share(
        "GitLab",
        ("gitlab.com",),
        r"/(?P<project>.+?)/-/blob/(?P<file>.+)",
        _GITLAB,
        "https://gitlab.com/{project}/-/raw/{file}",
    ),
    Share(
        "Bitbucket",
        ("bitbucket.org",),
        r"/(?P<project>[^/]+/[^/]+)/src/(?P<file>.+\.\w+)",
        _BITBUCKET,
        "https://bitbucket.org/{project}/raw/{file}",
    ),
    Share(
        "Imgur",
        ("imgur.com", "www.imgur.com", "m.imgur.com"),
        r"/(?!(?:upload|gallery|about|rules|privacy|search|signin)\Z)" r"(?P<id>[A-Za-z0-9]{5,8})",
        _IMGUR,
        "https://i.imgur.com/{id}.jpg",
    ),
    Share(
        "Wikimedia",
        ("commons.wikimedia.org", "commons.m.wikimedia.org"),
        _WIKI_FILE,
        _WIKIMEDIA,
        "https://commons.wikimedia.org/wiki/Special:FilePath/{name}",
    ),
    Share("Wikipedia", ("*.wikipedia.org",), _WIKI_FILE, _WIKIMEDIA, _FILE_PATH),
)

FEEDS = (
    Share(
        "Google Sheets",
        ("docs.google.com",),
        rf"{_USER}/spreadsheets{_USER}/d/e/(?P<id>[\w-]+)/pub(?:html)?",
        _SHEETS_PUBLISHED,
        "https://docs.google.com/spreadsheets/d/e/{id}/pub?output=xlsx",
        ("gid", "single"),
        done=("output=csv", "output=tsv", "output=xlsx", "output=ods"),
    ),
    Share(
        "Google Sheets",
        ("docs.google.com",),
        rf"{_USER}/spreadsheets{_USER}/d/(?!e/)(?P<id>[\w-]+)(?:/(?!export\b|gviz\b).*)?",
        _SHEETS,
        "https://docs.google.com/spreadsheets/d/{id}/export?format=xlsx",
        ("gid", "resourcekey"),
    ),
    *IMAGES,
)


def knows(host: str) -> bool:
    """Return whether links of this host may be share links."""
    return bool(_shares(host))


def download(url: str) -> str | None:
    """Return the download of the image that a share link leads to, or None if `url` is no such link."""
    begin = url.find("://") + 3
    end = url.find("/", begin)
    if end < 0 or not _shares(url[begin:end]):
        return None
    return _target(url, _shares(url[begin:end]))


def feed_download(url: str) -> str | None:
    """Return the download of a catalogue that a share link leads to; Google Sheets come as XLSX."""
    host = urlsplit(url).hostname or ""
    return _target(url, tuple(share for share in FEEDS if _serves(share, host)))


@lru_cache(maxsize=4_096)
def _shares(host: str) -> tuple[Share, ...]:
    host = host.lower().removesuffix(":443").removesuffix(":80")
    return tuple(share for share in IMAGES if _serves(share, host))


def _serves(share: Share, host: str) -> bool:
    return any(host == name or (name[0] == "*" and host.endswith(name[1:])) for name in share.hosts)


def _target(url: str, shares: tuple[Share, ...]) -> str | None:
    parts = urlsplit(url)
    given = parts.query.split("&")
    for share in shares:
        found = share.pattern.fullmatch(parts.path)
        if found is None:
            continue
        if not set(share.done).isdisjoint(given):
            return None
        if share.target:
            target = _filled(share, url, found)
        else:
            rest = [item for item in given if item and item.partition("=")[0] not in share.dropped]
            target = f"https://{parts.netloc}{parts.path}?{'&'.join([*rest, share.query])}"
        if target:
            return target
    return None


def _filled(share: Share, url: str, found: re.Match[str]) -> str | None:
    """Return the target with its values, or None if the link lacks one."""
    parts = urlsplit(url)
    query = dict([*parse_qsl(parts.fragment), *parse_qsl(parts.query)])
    values: Mapping[str, str] = {
        **{name: quote(value, safe="") for name, value in query.items()},
        **found.groupdict(),
        "host": parts.netloc,
        "encoded": urlsafe_b64encode(url.encode()).decode().rstrip("="),
    }
    if not all(values.get(name) for name in re.findall(r"\{(\w+)\}", share.target)):
        return None
    kept = dict(_present(query, share.kept))
    return (
        share.target.format_map(values) + ("&" if "?" in share.target else "?") * bool(kept) + urlencode(kept)
    )


def _present(query: Mapping[str, str], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in names:
        if query.get(name):
            yield name, query[name]
