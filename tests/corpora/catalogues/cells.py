"""Image cells as people write them: one file for each kind of mistake, and share links."""

# ruff: noqa: RUF001 - signs of other languages around URLs

from collections.abc import Iterator

from tests.corpora.catalogues.case import HOST, A, B, C, Case, classic

_BARE = HOST.removeprefix("https://")

# kind: cells, and the images that they mean
_CELLS: dict[str, tuple[tuple[str, str], ...]] = {
    "separated": (
        (f"{A},{B}", f"{A}, {B}"),
        (f"{A}; {B}|{C}", f"{A}, {B}, {C}"),
        (f"{A} {B}\n{C}", f"{A}, {B}, {C}"),
        (f"{A},,{B},", f"{A}, {B}"),
    ),
    "unchanged": (
        (f"{HOST}/logo@2x.png", f"{HOST}/logo@2x.png"),
        (f"{HOST}//key/p.jpg", f"{HOST}//key/p.jpg"),
        (f"{HOST}/a%20100%.jpg", f"{HOST}/a%20100%.jpg"),
        (f"{HOST}/w_400,h_300/a.jpg", f"{HOST}/w_400,h_300/a.jpg"),
        (f"{HOST}/größe.jpg", f"{HOST}/größe.jpg"),
        (f"{HOST}/~user/a.jpg", f"{HOST}/~user/a.jpg"),
    ),
    "spaces": (
        (f"{HOST}/my photo.jpg", f"{HOST}/my%20photo.jpg URL_SPACES_ESCAPED"),
        (f"{HOST}/a.jpg?text=Hello World&w=4", f"{HOST}/a.jpg?text=Hello%20World&w=4 URL_SPACES_ESCAPED"),
    ),
    "html-entities": (
        (f"{A}?w=1&amp;h=2", f"{A}?w=1&h=2 URL_ENTITIES_DECODED"),
        (f"{A}?w=1&#38;h=2", f"{A}?w=1&h=2 URL_ENTITIES_DECODED"),
    ),
    "no-scheme": (
        ("www.supplier.example/a.jpg", "https://www.supplier.example/a.jpg URL_SCHEME_ADDED"),
        ("cdn.shop.com/a.jpg", "https://cdn.shop.com/a.jpg URL_SCHEME_ADDED"),
        (f"//{_BARE}/a.jpg", f"{A} URL_SCHEME_ADDED"),
        (f"{A},//{_BARE}/b.jpg", f"{A}, {B} URL_SCHEME_ADDED"),
    ),
    "scheme-twice": (
        (f"https://{A}", f"{A} URL_SCHEME_REPAIRED"),
        (f"http://{A}", f"{A} URL_SCHEME_REPAIRED"),
    ),
    "scheme-misspelt": (
        (f"htps://{_BARE}/a.jpg", f"{A} URL_SCHEME_REPAIRED"),
        (f"https:/{_BARE}/a.jpg", f"{A} URL_SCHEME_REPAIRED"),
        (f"https//{_BARE}/a.jpg", f"{A} URL_SCHEME_REPAIRED"),
    ),
    "backslashes": (
        (A.replace("/", "\\"), f"{A} URL_SLASHES_REPAIRED"),
        (A.replace("/", "\\/"), f"{A} URL_SLASHES_REPAIRED"),
    ),
    "brackets": (
        (f"<{A}>", f"{A} URL_UNWRAPPED"),
        (f"<{A}> <{B}>", f"{A} URL_UNWRAPPED, {B} URL_UNWRAPPED"),
        (f"<{A}>,<{B}>", f"{A} URL_UNWRAPPED, {B} URL_UNWRAPPED"),
        (f"[{A}] [{B}]", f"{A} URL_UNWRAPPED, {B} URL_UNWRAPPED"),
    ),
    "quotes": (
        (f"'{A}'", f"{A} URL_UNWRAPPED"),
        (f'"{A}"', f"{A} URL_UNWRAPPED"),
        (f"“{A}”", f"{A} URL_UNWRAPPED"),
    ),
    "markdown": (
        (f"![Tea]({A})", f"{A} URL_UNWRAPPED"),
        (f"[Tea]({A}), [Pot]({B})", f"{A} URL_UNWRAPPED, {B} URL_UNWRAPPED"),
    ),
    "formulas": (
        (f'=IMAGE("{A}")', f"{A} URL_UNWRAPPED"),
        (f'=HYPERLINK("{A}";"Photo")', f"{A} URL_UNWRAPPED"),
    ),
    "html": (
        (f'<img src="{A}" alt="Tea">', f"{A} URL_UNWRAPPED"),
        (f'<a href="{A}">Photo</a>', f"{A} URL_UNWRAPPED"),
    ),
    "json-lists": (
        (f'["{A}","{B}"]', f"{A} URL_UNWRAPPED, {B} URL_UNWRAPPED"),
        (f'[{{"url": "{A}"}}, {{"src": "{B}"}}]', f"{A} URL_UNWRAPPED, {B} URL_UNWRAPPED"),
        (f"['{A}', '{B}']", f"{A} URL_UNWRAPPED, {B} URL_UNWRAPPED"),
    ),
    "name-and-url": ((f"photo.jpg ({A}),two.jpg ({B})", f"{A} URL_UNWRAPPED, {B} URL_UNWRAPPED"),),
    "labels": ((f"Front: {A}", f"{A} URL_UNWRAPPED"), (f"1. {A}", f"{A} URL_UNWRAPPED")),
    "line-break-tags": ((f"{A}<br>{B}<br/>{C}", f"{A} URL_SEPARATED, {B} URL_SEPARATED, {C} URL_SEPARATED"),),
    "tildes": ((f"{A}~{B}", f"{A} URL_SEPARATED, {B} URL_SEPARATED"),),
    "full-width-commas": (
        (f"{A}，{B}", f"{A} URL_SEPARATED, {B} URL_SEPARATED"),
        (f"{A}、{B}", f"{A} URL_SEPARATED, {B} URL_SEPARATED"),
    ),
    "full-width-colons": ((f"https：//{_BARE}/a.jpg", f"{A} URL_SLASHES_REPAIRED"),),
    "invisible-at-the-edge": ((f"\u200b{A}", A), (f"{A}\u200b", A), (f"\ufeff{A}", A)),
    "invisible-within": ((f"{HOST}/a\u200b.jpg", f"{A} URL_INVISIBLE_REMOVED"),),
    "trailing-punctuation": ((f"{A}.", f"{A} URL_TRIMMED"), (f"{A})", f"{A} URL_TRIMMED")),
    "without-hope": (
        (f"n/a, {A}", f"!n/a, {A}"),
        ("images/a.jpg", "!images/a.jpg"),
        ("C:\\photos\\a.jpg", "!C:\\photos\\a.jpg"),
        ("file:///C:/a.jpg", "!file:///C:/a.jpg"),
        (f"ftp://{_BARE}/a.jpg", f"!ftp://{_BARE}/a.jpg"),
        ("data:image/png;base64,iVBOR", "!data:image/png;base64,iVBOR"),
        ("https://u:secret@supplier.example/a.jpg", "!https://…@supplier.example/a.jpg"),
        ("http://http:80/x.jpg", "!http://http:80/x.jpg"),
    ),
}  # fmt: skip

_SHARED = {
    "google-drive": (
        ("https://drive.google.com/file/d/1AbC_d-E/view?usp=sharing", "https://drive.google.com/uc?export=download&id=1AbC_d-E"),
        ("https://drive.google.com/open?id=1AbC_d-E", "https://drive.google.com/uc?export=download&id=1AbC_d-E"),
        ("https://drive.google.com/uc?id=1AbC_d-E", "https://drive.google.com/uc?export=download&id=1AbC_d-E"),
        ("https://drive.google.com/thumbnail?id=1AbC_d-E&sz=w9", "https://drive.google.com/uc?export=download&id=1AbC_d-E"),
    ),
    "dropbox": (
        ("https://www.dropbox.com/s/a1b2/a.jpg?dl=0", "https://www.dropbox.com/s/a1b2/a.jpg?dl=1"),
        ("https://www.dropbox.com/scl/fi/a1/a.jpg?rlkey=x&dl=0", "https://www.dropbox.com/scl/fi/a1/a.jpg?rlkey=x&dl=1"),
    ),
    "onedrive": (
        ("https://onedrive.live.com/redir?resid=D3!11&authkey=!AN", "https://onedrive.live.com/download?resid=D3%2111&authkey=%21AN"),
    ),
    "sharepoint": (
        ("https://t.sharepoint.com/:i:/s/site/EaB?web=1", "https://t.sharepoint.com/:i:/s/site/EaB?download=1"),
    ),
    "box": (("https://app.box.com/s/abc123", "https://app.box.com/shared/static/abc123"),),
    "github": (
        ("https://github.com/o/r/blob/main/a.png", "https://github.com/o/r/blob/main/a.png?raw=true"),
    ),
    "gitlab": (("https://gitlab.com/g/p/-/blob/main/a.png", "https://gitlab.com/g/p/-/raw/main/a.png"),),
    "bitbucket": (("https://bitbucket.org/o/r/src/main/a.png", "https://bitbucket.org/o/r/raw/main/a.png"),),
    "imgur": (("https://imgur.com/AbC12de", "https://i.imgur.com/AbC12de.jpg"),),
    "wikimedia": (
        ("https://commons.wikimedia.org/wiki/File:Tea.jpg", "https://commons.wikimedia.org/wiki/Special:FilePath/Tea.jpg"),
        ("https://de.wikipedia.org/wiki/Datei:Tee.jpg", "https://de.wikipedia.org/wiki/Special:FilePath/Tee.jpg"),
    ),
}  # fmt: skip


def cases() -> Iterator[Case]:
    """Yield a file for each kind."""
    for kind, cells in _CELLS.items():
        rows = [row for _, row in cells]
        invalid = [f"invalid_url@{line}" for line, row in enumerate(rows, 2) if "!" in row]
        data = classic(*(cell for cell, _ in cells)).encode()
        yield Case(f"urls/{kind}.csv", data, rows, warnings=invalid)
    for service, links in _SHARED.items():
        data = classic(*(link for link, _ in links)).encode()
        yield Case(f"share-links/{service}.csv", data, [f"{url} URL_DOWNLOAD" for _, url in links])
    folder = "https://drive.google.com/drive/folders/1AbC"
    yield Case("share-links/a-folder.csv", classic(folder).encode(), [folder])
