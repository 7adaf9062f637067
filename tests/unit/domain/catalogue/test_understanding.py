"""What is known of files that can be used, and of files that cannot."""

import pytest

from catalight.domain.catalogue.catalogue import parse, understand
from catalight.domain.catalogue.columns import Reason
from catalight.domain.catalogue.dialect import decode
from catalight.domain.catalogue.files import TextFile
from catalight.domain.catalogue.preview import MAX_HOSTS, MAX_ROWS_SHOWN, Preview
from catalight.domain.catalogue.requested import Request, Wanted
from catalight.domain.errors import CatalogueError, Problem

CLASSIC = "Serial Number,Product Name,Input Image Urls\n"
FILES = {
    "classic": f"{CLASSIC}1,Tea,http://h/a.jpg\n",
    "warnings": f'{CLASSIC}1,Tea,"http://h/a.jpg, n/a"\n2\n',
    "guessed": "a,b\n1,http://h/a.jpg\n",
    "no header": "a,b\n1,2\n",
    "bad rows": f"{CLASSIC}1,Tea,http://h/a.jpg\n2,Pot,http://h/b.jpg,x\n3,Cup,http://h/c.jpg\n",
    "no rows": CLASSIC,
    "no images": f"{CLASSIC}1,Tea,\n",
    "short rows": f"{CLASSIC.strip()}{',x' * 9_000}\n1,Tea,http://h/a.jpg\n" + "2,\n" * 200,
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("strict", [False, True])
def test_parsing_and_understanding_say_the_same(name: str, strict: bool) -> None:
    data = FILES[name].encode()
    understood = understand(decode(data), strict=strict)
    if understood.refusal is None:
        assert understood.catalogue() == parse(data, strict=strict)
        return
    with pytest.raises(CatalogueError) as caught:
        parse(data, strict=strict)
    assert (caught.value.problems, caught.value.total) == (
        understood.refusal.problems,
        understood.refusal.total,
    )


def test_a_file_with_bad_rows_is_known_except_for_these() -> None:
    understood = understand(decode(FILES["bad rows"].encode()))
    assert [row.line for row in understood.rows] == [2, 4]
    assert understood.own_header == ("Serial Number", "Product Name", "Input Image Urls")
    assert understood.refusal
    assert [problem.code for problem in understood.refusal.problems] == ["extra_cells"]


def test_what_was_read_before_the_reading_stops_is_known() -> None:
    understood = understand(decode(FILES["short rows"].encode()))
    assert understood.refusal
    assert [problem.code for problem in understood.refusal.problems] == ["short_rows"]
    assert len(understood.rows) > 100


def test_strict_shows_each_finding_once() -> None:
    understood = understand(decode(FILES["warnings"].encode()), strict=True)
    assert understood.refusal
    assert understood.refusal.total == 1
    assert understood.warnings_total == 0


def test_warnings_about_the_file_count_like_others() -> None:
    warning = Problem("guessed_encoding", "It looks like windows-1252.")
    file = TextFile(FILES["classic"], warnings=(warning,))
    assert understand(file).catalogue().warnings == (warning,)
    assert understand(file, strict=True).refusal


def test_a_header_is_classic_whatever_was_chosen_in_it() -> None:
    file = TextFile("Serial Number,Product Name,Input Image Urls,Photo\n1,a,http://h/a.jpg,http://h/b.jpg\n")
    understood = understand(file, Wanted(Request(("Photo",))))
    assert understood.header
    assert understood.header.columns.reason is Reason.REQUESTED
    assert understood.is_classic
    assert not understand(TextFile(FILES["guessed"])).is_classic
    assert not understand(TextFile(FILES["no header"])).is_classic


def test_a_preview_counts_hosts_and_distinct_urls() -> None:
    rows = [f'{n},x,"http://h{n % 60}/a.jpg, http://H1/b.jpg, n/a"' for n in range(120)]
    preview = Preview.of(understand(TextFile(CLASSIC + "\n".join(rows))))
    assert (preview.rows, preview.images) == (120, 360)
    assert preview.distinct_urls == 61
    assert preview.hosts[0] == ("h1", 122)
    assert (len(preview.hosts), preview.hosts_total) == (MAX_HOSTS, 60)
    assert len(preview.first_rows) == MAX_ROWS_SHOWN


def test_nothing_of_a_preview_is_known_of_a_file_without_header() -> None:
    assert Preview.of(understand(TextFile(FILES["no header"]))) == Preview((), 0, 0, 0, (), 0)
