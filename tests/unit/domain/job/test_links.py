import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.job import links
from catalight.domain.job.result_form import ResultForm, ResultFormat


def test_a_token_is_the_same_for_every_attempt() -> None:
    assert links.token(b"secret", 1, 2, 3) == links.token(b"secret", 1, 2, 3)


def test_a_token_differs_by_secret_run_row_and_image() -> None:
    places = [
        (b"a", 1, 1, 1),
        (b"b", 1, 1, 1),
        (b"a", 2, 1, 1),
        (b"a", 1, 2, 1),
        (b"a", 1, 1, 2),
        (b"a", 1, 11, 0),
    ]
    assert len({links.token(*place) for place in places}) == len(places)


def test_a_token_has_128_bits_of_url_safe_characters() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", links.token(b"secret", 1, 2, 3))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://shop.test/a/Red%20Shoe.png?w=1", "Red-Shoe.jpg"),
        ("https://cdn.test/w_400,h_300/a.tar.gz", "a-tar.jpg"),
        ("https://shop.test/", "image.jpg"),
        ("https://shop.test", "image.jpg"),
        ("https://shop.test/..%2f..%2fetc%2fpasswd", "passwd.jpg"),
        ("https://shop.test/%E9%9E%8B.jpg", "image.jpg"),
        ("https://shop.test/=cmd.png", "cmd.jpg"),
        ("https://shop.test/" + "x" * 300 + ".png", "x" * 80 + ".jpg"),
    ],
)
def test_a_file_name_has_the_sources_name_and_the_outputs_extension(url: str, name: str) -> None:
    assert links.file_name(url, "jpg") == name


@given(st.binary(min_size=1), st.text(alphabet=st.characters(exclude_characters="[]")))
def test_a_token_and_a_file_name_make_a_link(secret: bytes, path: str) -> None:
    name = links.file_name("https://shop.test/" + path, "webp")
    assert links.is_link(f"{links.token(secret, 1, 2, 3)}/{name}")


@pytest.mark.parametrize(
    "text", ["", "a/b.jpg", f"{'t' * 22}/../b.jpg", f"{'t' * 22}/b.jpg\n", f"{'t' * 22}/.jpg"]
)
def test_anything_else_is_not_a_link(text: str) -> None:
    assert not links.is_link(text)


@given(st.text())
def test_a_file_name_is_safe_for_any_path(path: str) -> None:
    name = links.file_name("https://shop.test/" + path.replace("[", "").replace("]", ""), "webp")
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}\.webp", name)


@pytest.mark.parametrize(
    ("catalogue", "name"),
    [
        ("products.csv", "products-catalight.csv"),
        ("Frühling 2026.v2.csv", "Frühling 2026.v2-catalight.csv"),
        ("no extension", "no extension-catalight.csv"),
        ("../../etc/passwd.csv", "etc-passwd-catalight.csv"),
        ("C:\\Users\\me\\a.csv", "C--Users-me-a-catalight.csv"),
        ("invoice\u202efdp.csv", "invoice-fdp-catalight.csv"),
        ("a\r\nSet-Cookie: x.csv", "a--Set-Cookie- x-catalight.csv"),
        (".bashrc.csv", "bashrc-catalight.csv"),
        ("-rf.csv", "rf-catalight.csv"),
        ("", "catalogue-catalight.csv"),
        (".csv", "catalogue-catalight.csv"),
        ("x" * 200, "x" * 80 + "-catalight.csv"),
        ("鞋" * 200, "鞋" * 62 + "-catalight.csv"),  # three bytes each
        ("a" + "\U00020000" * 200, "a" + "\U00020000" * 46 + "-catalight.csv"),  # four
    ],
)
def test_a_result_is_named_after_the_catalogue(catalogue: str, name: str) -> None:
    assert links.result_name(catalogue) == name


def test_a_result_is_named_after_its_form() -> None:
    workbook = ResultForm(ResultFormat.XLSX)
    assert links.result_name("products.ods", workbook) == "products-catalight.xlsx"
    assert links.result_name("products.csv", ResultForm(only_failed=True)) == "products-failed.csv"


@given(st.text(max_size=200))
def test_the_file_name_of_a_result_is_always_safe(catalogue: str) -> None:
    name = links.result_name(catalogue)
    assert name.isprintable()
    assert not set(name) & set('/\\:*?"<>|')
    assert name[0] not in ".- "
    assert name.endswith("-catalight.csv")
    assert len(name.encode()) <= 200
