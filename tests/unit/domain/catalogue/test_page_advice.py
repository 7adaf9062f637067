"""What is said of a page that came in the place of an image."""

import pytest

from catalight.domain.catalogue.page_advice import SERVICES, page_advice

DRIVE = "https://drive.google.com/uc?export=download&id=1"
GOOGLE_LOGIN = "https://accounts.google.com/ServiceLogin?continue=x"
HTML = b"<!DOCTYPE html><html>"


@pytest.mark.parametrize(
    ("url", "final_url", "advice"),
    [
        (
            DRIVE,
            GOOGLE_LOGIN,
            "The host sent a login page of Google Drive: share the file with everybody who has the link.",
        ),
        (DRIVE, DRIVE, "a page of Google Drive: share the file"),
        ("https://drive.google.com/drive/folders/1", GOOGLE_LOGIN, "it is a folder"),
        ("https://docs.google.com/spreadsheets/d/1/edit", GOOGLE_LOGIN, "login page of Google Sheets"),
        ("https://photos.app.goo.gl/1", "https://photos.google.com/share/1", "a page of Google Photos"),
        ("https://www.dropbox.com/s/1/a.jpg?dl=1", "https://www.dropbox.com/login", "login page of Dropbox"),
        ("https://www.dropbox.com/scl/fo/1/2", "https://www.dropbox.com/scl/fo/1/2", "it is a folder"),
        (
            "https://t.sharepoint.com/:i:/g/1",
            "https://login.microsoftonline.com/x",
            "login page of SharePoint",
        ),
        ("https://1drv.ms/i/s!1", "https://onedrive.live.com/", "a page of OneDrive: share the file"),
        ("https://app.box.com/s/1", "https://app.box.com/login", "login page of Box"),
        (
            "https://github.com/o/r/blob/main/a.png?raw=true",
            "https://github.com/login",
            "make the repository public",
        ),
        ("https://unsplash.com/photos/1", "https://unsplash.com/photos/1", "images.unsplash.com"),
        ("https://www.flickr.com/photos/1", "https://www.flickr.com/photos/1", "live.staticflickr.com"),
        (
            "https://www.instagram.com/p/1",
            "https://www.instagram.com/accounts/login/",
            "login page of Instagram",
        ),
        ("https://pin.it/1", "https://www.pinterest.com/pin/1", "i.pinimg.com"),
        ("https://short.example/1", "https://unsplash.com/photos/1", "a page of Unsplash"),
        (
            "https://shop.example/a.jpg",
            "https://shop.example/account/login",
            "The host sent a login page: write",
        ),
    ],
)
def test_a_page_is_named_and_what_helps(url: str, final_url: str, advice: str) -> None:
    assert advice in (page_advice(url, final_url, "text/html; charset=utf-8", HTML) or "")


def test_a_page_is_known_by_its_first_bytes_whatever_it_is_called() -> None:
    assert page_advice(DRIVE, DRIVE, "image/jpeg", b"\xef\xbb\xbf\n <HTML>")
    assert page_advice(DRIVE, DRIVE, "text/html", b"Sorry")
    assert page_advice(DRIVE, DRIVE, "application/json", b'{"error":')


def test_the_limit_of_google_drive_is_named() -> None:
    head = b"<html><head><title>Google Drive - Quota exceeded</title>"
    assert "retry tomorrow" in (page_advice(DRIVE, DRIVE, "text/html", head) or "")


@pytest.mark.parametrize(
    ("url", "media_type", "head"),
    [
        (DRIVE, "text/html", b"\xff\xd8\xff\xe0"),
        (DRIVE, "image/png", b"\x89PNG"),
        (DRIVE, "text/html", b"GIF89a"),
        (DRIVE, "application/octet-stream", b""),
        ("https://shop.example/a.jpg", "text/html", HTML),
        ("https://notdrive.google.com.example/", "text/html", HTML),
        ("https://[bad/", "text/html", HTML),
    ],
)
def test_what_is_no_page_or_of_no_known_service_gets_no_advice(
    url: str, media_type: str, head: bytes
) -> None:
    assert page_advice(url, url, media_type, head) is None


def test_advice_repeats_nothing_that_a_stranger_wrote() -> None:
    advice = page_advice(f"{DRIVE}&secret", f"{GOOGLE_LOGIN}&secret", "text/html", HTML + b"secret") or ""
    assert advice
    assert "secret" not in advice
    assert all(service.advice == service.advice.strip(".") for service in SERVICES)
