import json
from pathlib import Path

import pytest

from bench import costs, tables
from bench.modes import HUGE, MODES

ROOT = Path(__file__).parents[3]


def test_columns_stand_below_each_other() -> None:
    assert tables.table(("way", "speed"), [("a", "10.5"), ("longer", "2")]) == (
        "| way    | speed |\n"  #
        "| ------ | ----: |\n"
        "| a      |  10.5 |\n"
        "| longer |     2 |"
    )


@pytest.mark.parametrize("before", ["", "\nold\n\n"])
def test_text_goes_between_its_comments_and_nowhere_else(tmp_path: Path, before: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"A\n<!-- one -->\n{before}<!-- end -->\nB\n<!-- two -->\nkept\n<!-- end -->\n")
    tables.insert(page, "one", r"new \1")
    assert page.read_text() == (
        "A\n<!-- one -->\n\nnew \\1\n\n<!-- end -->\nB\n<!-- two -->\nkept\n<!-- end -->\n"
    )


def test_a_place_that_is_missing_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- one -->\n<!-- end -->\n")
    with pytest.raises(ValueError, match="0 places for two"):
        tables.insert(page, "two", "text")


def test_the_page_has_a_place_for_everything_that_is_measured() -> None:
    page = (ROOT / "docs/performance.md").read_text()
    for name in ("setting", *(mode.name for mode in (*MODES, HUGE)), "memory", "two", "huffman"):
        assert page.count(f"<!-- {name} -->\n") == 1


def test_the_shares_of_time_are_all_of_it() -> None:
    assert sum(mode.share for mode in MODES) == pytest.approx(1)


def test_a_million_images_cost_what_the_price_list_says() -> None:
    """50 ms in 1 GB are 50,000 GB-seconds, and ten images share a request."""
    assert costs.dollars(1024, 0.05, "arm64") == pytest.approx(0.66667 + 0.02)
    assert costs.dollars(2048, 0.05, "x86_64") == pytest.approx(2 * 0.833335 + 0.02)


def test_sharp_is_pinned_by_hashes_without_addresses() -> None:
    """An address of a registry would bind everybody to it; the project's own links to sponsors are none."""
    lock = json.loads((ROOT / "bench/node/package-lock.json").read_text())
    _, *packages = lock["packages"].values()
    assert {package["integrity"].partition("-")[0] for package in packages} == {"sha512"}
    assert not any("resolved" in package for package in packages)
