"""What is refused is named for what it is, in our words: a stranger's text is never quoted."""

import string
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec import foreign
from catalight.domain.errors import ImageErrorCode as Code
from tests.corpora.samples import corner, encode
from tests.unit.adapters.codec.coding import refused


def archive() -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as made:
        made.writestr("p.jpg", b"x")
    return file.getvalue()


def media(*brands: bytes) -> bytes:
    """The first box of an ISO file: its major brand, a version, the compatible brands."""
    body = b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:])
    return (len(body) + 4).to_bytes(4) + body + bytes(500)


XML = b"<?xml version='1.0' encoding='utf-8'?>\n"

CASES = {
    "the file is empty": [b""],
    "a web page": [
        b"<!doctype html><title>Not found</title>",
        b"\xef\xbb\xbf\r\n\n<!-- cached -->\n<HTML lang=de>",
        XML + b"<!DOCTYPE html PUBLIC '-//W3C'><html xmlns='http://www.w3.org/1999/xhtml'>",
        "<html><body>Zugriff verweigert".encode("utf-16"),
        b"<script>location = '/login'</script>",
    ],
    "an SVG image": [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        XML + b"<!-- drawn -->\n<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN'>\n<svg width='1'>",
        b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>",
    ],
    "an XML document": [XML + b"<Error><Code>AccessDenied</Code></Error>", b"<rss version='2.0'/>"],
    "a JSON document": [b'\n{"error": "no such key"}', b"[1]"],
    "a PDF": [b"%PDF-1.7\n", b"\n%PDF-1.4\n"],
    "a ZIP archive or an office document": [archive()],
    "a HEIC image": [media(b"heic", b"mif1"), media(b"mif1", b"heic", b"miaf"), media(b"heix")],
    "a HEIF image": [media(b"mif1", b"miaf")],
    "a video": [media(b"isom", b"mp42"), b"\x1a\x45\xdf\xa3" + bytes(40)],
    "a JPEG 2000 image": [encode(corner(), "JPEG2000")],
    "a JPEG XL image": [b"\xff\x0a" + bytes(40), b"\0\0\0\x0cJXL \r\n\x87\n"],
    "a Photoshop document (PSD)": [b"8BPS\0\1" + bytes(40)],
    "a PostScript document (EPS)": [encode(corner(), "EPS")],
    "an icon": [encode(corner(), "ICO"), encode(corner(), "ICNS")],
    "a TGA image": [encode(corner(), "TGA")],
    "a Netpbm image": [encode(corner(), "PPM")],
    "a PCX image": [encode(corner(), "PCX")],
    "a compressed file": [b"\x1f\x8b\x08" + bytes(40)],
    "a sound file": [b"RIFF\x24\0\0\0WAVEfmt "],
    "a URL": [b"https://example.com/p.jpg\n"],
    "an image written as a data URL": [b"data:image/png;base64,iVBORw0KGgo="],
    "a text": [b"Not Found", "Größe".encode()],
    "nothing but white space": [b" \r\n\n"],
    "a file of an unknown kind": [bytes(range(1, 200)), bytes(5000)],
}


@pytest.mark.parametrize(("name", "data"), [(name, data) for name, files in CASES.items() for data in files])
def test_what_came_is_named(name: str, data: bytes) -> None:
    error = refused(data)
    assert error.code is Code.NOT_AN_IMAGE
    assert error.detail.startswith(f"The {len(data):,} bytes are not an image in a supported format (JPEG, ")
    assert error.detail.endswith(f"): {name}." if " is " in name else f"): this is {name}.")


def test_a_damaged_avif_is_not_taken_for_a_heic() -> None:
    for data in (media(b"mif1", b"avif", b"heic"), encode(Image.new("RGB", (9, 9)), "AVIF")[:300]):
        assert refused(data).code is Code.CORRUPT_IMAGE


@given(st.text(string.printable, max_size=60).map(str.encode) | st.binary(max_size=60))
def test_no_text_of_the_file_is_quoted(data: bytes) -> None:
    """Each sentence is one of a few that the module has."""
    known = {name for _, name in foreign._SIGNATURE} | {*CASES}
    assert foreign.named(data).removeprefix("this is ") in known
