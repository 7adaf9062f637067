"""What the API says of a file: what it was understood as, and what would become of it."""

from typing import Self

from pydantic import BaseModel, Field

from catalight.domain.catalogue import urls
from catalight.domain.catalogue.catalogue import CatalogueRow, Source, Understanding
from catalight.domain.catalogue.columns import Reason
from catalight.domain.catalogue.files import Format, Table, TextFile
from catalight.domain.catalogue.header import Header
from catalight.domain.catalogue.preview import Preview
from functions.api.models import DUPLICATES, REQUEST_ID, Links, Note, ShownState

OUTPUTS = "Images, each counted in each of its renditions"
MAX_COLUMNS_SHOWN = 100
MAX_NAME = 200  # characters
MAX_SHEETS = 100

IMAGE_NAMES = ["Image Src", "Variant Image"]


class Columns(BaseModel):
    """Which columns were chosen, and why. `images`, `serial` and `name` are as in the field `columns`."""

    images: list[str] = Field(examples=[IMAGE_NAMES])
    serial: str | None = Field(examples=["Variant SKU"])
    name: str | None = Field(examples=["Title"])
    outputs: list[str] = Field(
        description="The columns of the result for the new URLs, one for each of `images`",
        examples=[["Output Image Src", "Output Variant Image"]],
    )
    reason: Reason = Field(
        description=(
            "`classic`: the header has Serial Number, Product Name and Input Image Urls; `requested`: by the "
            "field `columns`; `remembered`: by an earlier request; `layout`: the header is that "
            "of `program`; `names`: they are named like images; `content`: the cells hold URLs (a guess)"
        ),
        examples=["layout"],
    )
    program: str | None = Field(description="Whose header it is, if it is known", examples=["Shopify"])

    @classmethod
    def of(cls, header: Header, outputs: tuple[str, ...]) -> Self:
        """Return what was chosen in a header."""
        chosen, cells = header.columns, [cell[:MAX_NAME] for cell in header.record.cells]
        return cls(
            images=[cells[index] for index in chosen.images],
            serial=None if chosen.serial is None else cells[chosen.serial],
            name=None if chosen.name is None else cells[chosen.name],
            outputs=list(outputs),
            reason=chosen.reason,
            program=chosen.program,
        )


class Understood(BaseModel):
    """What a file was understood as; null is what could not be found out."""

    format: Format | None = Field(examples=["csv"])
    gzipped: bool = Field(description="Whether the file was packed with gzip")
    encoding: str | None = Field(examples=["utf-8"], description="Null for a workbook")
    delimiter: str | None = Field(examples=[","], description="Null for a workbook")
    sheet: str | None = Field(examples=["Products"], description="Null for a CSV file")
    sheets: list[str] = Field(description="The names of the workbook's sheets", examples=[["Products"]])
    header_row: int | None = Field(examples=[1], description="Line of the header, from 1")
    columns: Columns | None

    @classmethod
    def of(cls, understood: Understanding) -> Self:
        """Return what is known of a file."""
        file, header = understood.file, understood.header
        return cls(
            format=file.format if file else None,
            gzipped=bool(file and file.gzipped),
            encoding=file.encoding if isinstance(file, TextFile) else None,
            delimiter=header.delimiter if header and isinstance(file, TextFile) else None,
            sheet=file.sheet[:MAX_NAME] if isinstance(file, Table) else None,
            sheets=[sheet.name[:MAX_NAME] for sheet in file.sheets[:MAX_SHEETS]]
            if isinstance(file, Table)
            else [],
            header_row=header.record.line if header else None,
            columns=Columns.of(header, understood.outputs) if header else None,
        )


class Accepted(BaseModel):
    """The catalogue is stored and will be processed."""

    request_id: str = Field(examples=[REQUEST_ID])
    status: ShownState = Field(examples=["PENDING"])
    rows: int = Field(examples=[1000])
    images: int = Field(examples=[2000])
    outputs: int = Field(examples=[4000], description=OUTPUTS)
    duplicates: int = Field(examples=[120], description=DUPLICATES)
    warnings: list[Note] = Field(
        description="Problems that cost images, not the whole catalogue; the first 100"
    )
    warnings_total: int = Field(examples=[0])
    links: Links
    understood: Understood


class PreviewImage(BaseModel):
    """An image of a row."""

    url: str = Field(examples=["https://supplier.example/shoe.jpg"], description="What would be fetched")
    fault: str | None = Field(
        description="Why it cannot be fetched", examples=["it does not begin with http:// or https://"]
    )
    written: str | None = Field(description="What the cell holds, if that is not `url`")
    notes: list[str] = Field(description="What was repaired", examples=[["URL_SCHEME_ADDED"]])
    column: str = Field(examples=["Image Src"])

    @classmethod
    def of(cls, source: Source, names: list[str]) -> Self:
        """Return an image; `names` are those of the image columns."""
        return cls(
            url=urls.shown(source.url),
            fault=source.fault,
            written=None if source.written is None else urls.shown(source.written),
            notes=list(source.notes),
            column=names[source.column],
        )


class PreviewRow(BaseModel):
    """A row as it was understood."""

    line: int = Field(examples=[2], description="Physical line of the file, from 1")
    cells: list[str] = Field(description=f"Shortened; the first {MAX_COLUMNS_SHOWN}")
    images: list[PreviewImage]

    @classmethod
    def of(cls, row: CatalogueRow, names: list[str]) -> Self:
        """Return a row; `names` are those of the image columns."""
        return cls(
            line=row.line,
            cells=_shown(row.cells),
            images=[PreviewImage.of(source, names) for source in row.sources],
        )


class HostCount(BaseModel):
    """A host, and how many images it would be asked for."""

    host: str = Field(examples=["supplier.example"])
    images: int = Field(examples=[1200])


class DryRun(BaseModel):
    """What would become of a file. Nothing was stored or counted."""

    accepted: bool = Field(description="Whether the file would be accepted; if not, `problems` says why")
    understood: Understood
    header: list[str] = Field(description=f"Shortened; the first {MAX_COLUMNS_SHOWN}")
    first_rows: list[PreviewRow]
    rows: int = Field(examples=[1000], description="Rows without a problem")
    images: int = Field(examples=[2000], description="Images of these rows, also those with an unusable URL")
    outputs: int = Field(examples=[4000], description=OUTPUTS)
    distinct_urls: int = Field(examples=[1900], description="Different URLs that can be fetched")
    hosts: list[HostCount] = Field(description="Those with the most images, at most 50")
    hosts_total: int = Field(examples=[1])
    warnings: list[Note] = Field(description="The first 100")
    warnings_total: int = Field(examples=[0])
    problems: list[Note] = Field(description="The first 100, as in the problem of a refused upload")
    problems_total: int = Field(examples=[0])

    @classmethod
    def of(cls, understood: Understanding, renditions: int) -> Self:
        """Return what would become of a file in so many renditions."""
        preview, refusal = Preview.of(understood), understood.refusal
        said = Understood.of(understood)
        names = said.columns.images if said.columns else []
        return cls(
            accepted=refusal is None,
            understood=said,
            header=_shown(understood.own_header),
            first_rows=[PreviewRow.of(row, names) for row in preview.first_rows],
            rows=preview.rows,
            images=preview.images,
            outputs=preview.images * renditions,
            distinct_urls=preview.distinct_urls,
            hosts=[HostCount(host=urls.shown(host), images=images) for host, images in preview.hosts],
            hosts_total=preview.hosts_total,
            warnings=[Note.of(warning) for warning in understood.warnings],
            warnings_total=understood.warnings_total,
            problems=[Note.of(problem) for problem in refusal.problems] if refusal else [],
            problems_total=refusal.total if refusal else 0,
        )


def _shown(cells: tuple[str, ...]) -> list[str]:
    return [urls.shown(cell) for cell in cells[:MAX_COLUMNS_SHOWN]]
