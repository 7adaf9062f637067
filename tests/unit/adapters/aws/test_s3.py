"""Presigned links, which are created without calling S3."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.adapters.aws.s3 import S3Store

TRICKS = [
    'a"; filename="b.exe',
    "a\r\nSet-Cookie: x=y",
    "a\r\n\r\n<script>",
    "../../a",
    "a;filename*=utf-8''b",
    "%22%0d%0a",
    "a\u2028b\x00c",
    "\u202evsc.exe",
    "\uff41\uff02\uff1b",
]


@pytest.fixture(scope="module")
def store() -> S3Store:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    return S3Store(client, "bucket")


@given(st.sampled_from(TRICKS) | st.text(min_size=1))
def test_a_file_name_cannot_break_out_of_its_header(store: S3Store, name: str) -> None:
    """RFC 8187: percent-encoded UTF-8, in which no character has another meaning in the header."""
    query = parse_qs(urlsplit(store.link("results/1.csv", 60, file_name=name)).query)
    [header] = query["response-content-disposition"]
    found = re.fullmatch(r"attachment; filename\*=UTF-8''([A-Za-z0-9._~%-]+)", header)
    assert found
    assert unquote(found[1]) == name
