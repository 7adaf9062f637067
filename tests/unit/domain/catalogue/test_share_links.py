"""Share links and the downloads behind them."""

import base64

import pytest

from catalight.domain.catalogue import share_links
from catalight.domain.catalogue.urls import fault

DRIVE = "https://drive.google.com"
DRIVE_TO = f"{DRIVE}/uc?export=download&id=1AbC_d-E"
DROPBOX = "https://www.dropbox.com"
ONEDRIVE = "https://onedrive.live.com"
OLD_ONEDRIVE = "https://1drv.ms/i/s!AbC_d-E?e=x"
SHEETS = "https://docs.google.com/spreadsheets"

DOWNLOADS = [
    (f"{DRIVE}/file/d/1AbC_d-E/view?usp=sharing", DRIVE_TO),
    (f"{DRIVE}/file/d/1AbC_d-E", DRIVE_TO),
    (f"{DRIVE}/file/u/1/d/1AbC_d-E/edit", DRIVE_TO),
    (f"{DRIVE}/u/0/file/d/1AbC_d-E/preview", DRIVE_TO),
    (f"{DRIVE}/a/shop.com/file/d/1AbC_d-E/view", DRIVE_TO),
    (f"{DRIVE}/file/d/1AbC_d-E/view?resourcekey=0-xY_z&usp=sharing", f"{DRIVE_TO}&resourcekey=0-xY_z"),
    (f"{DRIVE}/open?id=1AbC_d-E", DRIVE_TO),
    (f"{DRIVE}/open?id=1AbC_d-E&resourcekey=0-x", f"{DRIVE_TO}&resourcekey=0-x"),
    (f"{DRIVE}/uc?id=1AbC_d-E", DRIVE_TO),
    (f"{DRIVE}/uc?export=view&id=1AbC_d-E", DRIVE_TO),
    (f"{DRIVE}/thumbnail?id=1AbC_d-E&sz=w1000", DRIVE_TO),
    ("https://docs.google.com/uc?id=1AbC_d-E", DRIVE_TO),
    ("https://docs.google.com/file/d/1AbC_d-E/edit", DRIVE_TO),
    ("HTTPS://Drive.Google.com/open?id=1AbC_d-E", DRIVE_TO),
    (f"{DROPBOX}/s/a1b2/a.jpg", f"{DROPBOX}/s/a1b2/a.jpg?dl=1"),
    (f"{DROPBOX}/s/a1b2/a.jpg?dl=0", f"{DROPBOX}/s/a1b2/a.jpg?dl=1"),
    (
        f"{DROPBOX}/scl/fi/a1b2/a%20b.jpg?rlkey=x&st=y&dl=0",
        f"{DROPBOX}/scl/fi/a1b2/a%20b.jpg?rlkey=x&st=y&dl=1",
    ),
    (f"{DROPBOX}/sh/a1b2/AAc/a.jpg?dl=0", f"{DROPBOX}/sh/a1b2/AAc/a.jpg?dl=1"),
    (
        "https://1drv.ms/i/c/0123456789abcdef/EaB_c-D?e=x",
        "https://my.microsoftpersonalcontent.com/personal/0123456789abcdef/_layouts/15/download.aspx?share=EaB_c-D",
    ),
    (
        f"{ONEDRIVE}/embed?cid=D3&resid=D3%2111&authkey=ANI",
        f"{ONEDRIVE}/download?resid=D3%2111&authkey=ANI&cid=D3",
    ),
    (f"{ONEDRIVE}/redir?resid=D3!11&authkey=!ANI", f"{ONEDRIVE}/download?resid=D3%2111&authkey=%21ANI"),
    (f"{ONEDRIVE}/?authkey=%21A&cid=D3&id=D3%2111", f"{ONEDRIVE}/download?resid=D3%2111&authkey=%21A&cid=D3"),
    (f"{ONEDRIVE}/:i:/g/personal/d3/EaB?e=x", f"{ONEDRIVE}/:i:/g/personal/d3/EaB?e=x&download=1"),
    (
        "https://t-my.sharepoint.com/:i:/g/personal/me/EaB?e=x",
        "https://t-my.sharepoint.com/:i:/g/personal/me/EaB?e=x&download=1",
    ),
    ("https://t.sharepoint.com/:i:/s/site/EaB?web=1", "https://t.sharepoint.com/:i:/s/site/EaB?download=1"),
    ("https://app.box.com/s/abc123", "https://app.box.com/shared/static/abc123"),
    ("https://acme.app.box.com/s/abc123", "https://acme.app.box.com/shared/static/abc123"),
    ("https://github.com/o/r/blob/main/img/a.png", "https://github.com/o/r/blob/main/img/a.png?raw=true"),
    (
        "https://gitlab.com/g/sub/p/-/blob/main/a.png?ref_type=heads",
        "https://gitlab.com/g/sub/p/-/raw/main/a.png",
    ),
    ("https://bitbucket.org/o/r/src/main/img/a.png", "https://bitbucket.org/o/r/raw/main/img/a.png"),
    ("https://imgur.com/AbCdEf1", "https://i.imgur.com/AbCdEf1.jpg"),
    ("https://m.imgur.com/AbCdEf1", "https://i.imgur.com/AbCdEf1.jpg"),
    (
        "https://commons.wikimedia.org/wiki/File:A_b.jpg",
        "https://commons.wikimedia.org/wiki/Special:FilePath/A_b.jpg",
    ),
    (
        "https://commons.m.wikimedia.org/wiki/File:Ä.png",
        "https://commons.wikimedia.org/wiki/Special:FilePath/Ä.png",
    ),
    ("https://de.wikipedia.org/wiki/Datei:A.jpg", "https://de.wikipedia.org/wiki/Special:FilePath/A.jpg"),
]


@pytest.mark.parametrize(("link", "target"), DOWNLOADS)
def test_a_share_link_becomes_a_download(link: str, target: str) -> None:
    assert share_links.download(link) == target
    assert fault(target) is None
    assert share_links.download(target) is None, "a download is left as it is"
    assert share_links.feed_download(link) == target


def test_an_old_onedrive_link_is_encoded_as_its_api_says() -> None:
    target = share_links.download(OLD_ONEDRIVE) or ""
    begin, encoded, end = target.partition("u!")[0], target.partition("u!")[2].partition("/")[0], target[-13:]
    assert (begin, end) == ("https://api.onedrive.com/v1.0/shares/", "/root/content")
    assert base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode() == OLD_ONEDRIVE


@pytest.mark.parametrize(
    "url",
    [
        f"{DRIVE}/drive/folders/1AbC",
        f"{DRIVE}/uc?export=download&id=1AbC",
        f"{DRIVE}/uc",
        "https://drive.usercontent.google.com/download?id=1AbC&export=download",
        "https://lh3.googleusercontent.com/d/1AbC",
        "https://photos.app.goo.gl/AbC",
        f"{DROPBOX}/s/a1b2/a.jpg?dl=1",
        f"{DROPBOX}/s/a1b2/a.jpg?raw=1",
        f"{DROPBOX}/sh/a1b2/AAc?dl=0",
        f"{DROPBOX}/scl/fo/a1b2/AAc?rlkey=x",
        "https://dl.dropboxusercontent.com/s/a1b2/a.jpg",
        "https://1drv.ms/f/c/0123456789abcdef/EaB",
        f"{ONEDRIVE}/download?resid=D3",
        "https://t.sharepoint.com/:f:/g/EaB",
        "https://t.sharepoint.com/sites/a/a.jpg",
        "https://app.box.com/shared/static/abc.jpg",
        "https://app.box.com/file/123",
        "https://github.com/o/r",
        "https://github.com/o/r/blob/main/a.png?raw=true",
        "https://raw.githubusercontent.com/o/r/main/a.png",
        "https://gitlab.com/o/r/-/raw/main/a.png",
        "https://imgur.com/a/AbCdE",
        "https://imgur.com/gallery/AbCdE",
        "https://imgur.com/upload",
        "https://i.imgur.com/AbCdEf1.png",
        "https://upload.wikimedia.org/a/a.jpg",
        "https://de.wikipedia.org/wiki/Tee",
        "https://unsplash.com/photos/AbC",
        "https://evil.example/drive.google.com/file/d/1AbC/view",
        "https://drive.google.com.evil.example/file/d/1AbC/view",
        "https://notdropbox.com/s/a/b.jpg",
        "https://shop.com",
        "https://[::1]/a.jpg",
    ],
)
def test_anything_else_is_left_as_it_is(url: str) -> None:
    assert share_links.download(url) is None


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (f"{SHEETS}/d/1AbC/edit?usp=sharing", f"{SHEETS}/d/1AbC/export?format=xlsx"),
        (f"{SHEETS}/d/1AbC", f"{SHEETS}/d/1AbC/export?format=xlsx"),
        (f"{SHEETS}/d/1AbC/edit#gid=12", f"{SHEETS}/d/1AbC/export?format=xlsx&gid=12"),
        (f"{SHEETS}/d/1AbC/edit?gid=12#gid=12", f"{SHEETS}/d/1AbC/export?format=xlsx&gid=12"),
        (f"{SHEETS}/u/0/d/1AbC/htmlview", f"{SHEETS}/d/1AbC/export?format=xlsx"),
        (
            f"{SHEETS}/d/e/2PACX-1/pubhtml?gid=0&single=true",
            f"{SHEETS}/d/e/2PACX-1/pub?output=xlsx&gid=0&single=true",
        ),
        (f"{SHEETS}/d/1AbC/export?format=csv", None),
        (f"{SHEETS}/d/1AbC/gviz/tq?tqx=out:csv", None),
        (f"{SHEETS}/d/e/2PACX-1/pub?output=csv", None),
        ("https://supplier.example/feed.csv", None),
    ],
)
def test_a_sheet_becomes_a_workbook(link: str, target: str | None) -> None:
    assert share_links.feed_download(link) == target
    assert share_links.download(link) is None, "a sheet is no image"


def test_every_line_of_the_table_says_where_it_is_documented() -> None:
    assert all(share.source.startswith("https://") for share in share_links.FEEDS)
    used = {share.pattern for share in share_links.IMAGES}
    assert len(used) == len({share.path for share in share_links.IMAGES})
