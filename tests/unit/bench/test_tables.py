import json
from pathlib import Path

import pytest

from bench import costs, tables
from bench.modes import HUGE, MODES

ROOT = Path(__file__).parents[3]


def test_columns_are_aligned() -> None:
    assert tables.table(("path", "speed"), [("a", "10.5"), ("longer", "2")]) == (
        "| path   | speed |\n"  #
        "| ------ | ----: |\n"
        "| a      |  10.5 |\n"
        "| longer |     2 |"
    )


@pytest.mark.parametrize("before", ["", "\nold\n\n"])
def test_text_is_inserted_only_between_its_comments(tmp_path: Path, before: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"A\n<!-- one -->\n{before}<!-- end -->\nB\n<!-- two -->\nkept\n<!-- end -->\n")
    tables.insert(page, "one", r"new \1")
    assert page.read_text() == (
        "A\n<!-- one -->\n\nnew \\1\n\n<!-- end -->\nB\n<!-- two -->\nkept\n<!-- end -->\n"
    )


def test_a_missing_place_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- one -->\n<!-- end -->\n")
    with pytest.raises(ValueError, match="0 places for two"):
        tables.insert(page, "two", "text")


def test_the_page_has_a_place_for_everything_that_is_measured() -> None:
    page = (ROOT / "docs/performance.md").read_text()
    for name in ("setting", *(mode.name for mode in (*MODES, HUGE)), "memory", "waiting", "two", "huffman"):
        assert page.count(f"<!-- {name} -->\n") == 1


def test_the_shares_of_the_modes_add_up_to_one() -> None:
    assert sum(mode.share for mode in MODES) == pytest.approx(1)


def test_the_cost_of_a_million_images_follows_the_price_list() -> None:
    """50 ms at 1 GB per image are 50,000 GB-seconds, and ten images share a request."""
    assert costs.dollars(1024, 0.05, "arm64") == pytest.approx(0.66667 + 0.02)
    assert costs.dollars(2048, 0.05, "x86_64") == pytest.approx(2 * 0.833335 + 0.02)


def test_sharp_is_pinned_by_hashes_without_registry_addresses() -> None:
    """An address of a registry would bind everyone to it; links to sponsors in the file are allowed."""
    lock = json.loads((ROOT / "bench/node/package-lock.json").read_text())
    _, *packages = lock["packages"].values()
    assert {package["integrity"].partition("-")[0] for package in packages} == {"sha512"}
    assert not any("resolved" in package for package in packages)
