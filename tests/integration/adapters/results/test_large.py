"""Large results as workbooks, and LibreOffice's view of them."""

import csv
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

from catalight.adapters.tables.read import read
from catalight.domain.catalogue.files import Table
from catalight.domain.job.row import Row
from tests.results import a_job, a_row, written
from tests.unit.adapters.results.test_xlsx import ATTACKS, DONE, LOST, XLSX

OFFICE = which("soffice") or which("libreoffice")


def test_more_links_than_a_sheet_may_have() -> None:
    """They are texts: of links, a sheet may have 65,530."""
    names = [f"Photo {number}" for number in range(10)]
    job = a_job(header=names, outputs=tuple(f"Output {name}" for name in names))
    images = [replace(DONE, column=column) for column in range(10)]
    rows = (a_row(["http://a"] * 10, images, number) for number in range(6_554))
    table = read(written(job, rows, XLSX))
    assert isinstance(table, Table)
    links = [cell for row in table.rows[1:] for cell in row.cells[10:20]]
    assert len(links) > 65_530
    assert set(links) == {"https://l/images/t/a.jpg"}
    assert not any(row.links for row in table.rows)


MEASURE = """
import resource, sys
from catalight.adapters.results.write import write_result
from tests.integration.adapters.results.test_large import XLSX, a_job, many
size = sum(len(part) for part in write_result(a_job(), XLSX, many(int(sys.argv[1]))))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, size)
"""


def many(number: int) -> Iterator[Row]:
    for index in range(number):
        images = [LOST if index % 10 == 0 else DONE, DONE]
        yield a_row((f"{index:06}", f"Product {index}", "http://a //c"), images, index)


def test_memory_does_not_grow_with_the_rows() -> None:
    """100,000 rows take no more than a few MB over what 1,000 take."""
    few, lots = (
        int(
            subprocess.run(
                [sys.executable, "-c", MEASURE, rows], capture_output=True, check=True
            ).stdout.split()[0]
        )
        for rows in ("1000", "100000")
    )
    assert lots - few < 10_000, f"{few:,} KiB for 1,000 rows, {lots:,} KiB for 100,000"


@pytest.mark.skipif(
    OFFICE is None, reason="NOT CHECKED: LibreOffice is missing (apt install libreoffice-calc)"
)
def test_libreoffice_reads_the_same_texts(tmp_path: Path) -> None:
    texts = [text for text in ATTACKS if text != "_x0041_"]
    rows = [a_row((text, "Tea", "http://a"), [DONE], number) for number, text in enumerate(texts)]
    (tmp_path / "result.xlsx").write_bytes(written(a_job(), rows, XLSX))
    # A CSV in UTF-8, with formulas shown as such: "Filter options for CSV" in LibreOffice's help.
    export = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,true,false,1"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [str(OFFICE), profile, "--headless", "--convert-to", export, "result.xlsx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    [found] = tmp_path.glob("*.csv")
    with found.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert [line[0] for line in lines[1:]] == texts
    assert lines[1][3] == "https://l/images/t/a.jpg"
