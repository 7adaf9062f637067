"""What the API says of a file: what it was understood as, and what would become of it."""

from typing import Self

from pydantic import BaseModel, Field

from catalight.domain.catalogue import overview
from catalight.domain.catalogue.catalogue import Understanding
from catalight.domain.catalogue.columns import Reason
from catalight.domain.catalogue.files import Format
from catalight.domain.catalogue.overview import MAX_COLUMNS_SHOWN
from functions.api.models import DUPLICATES, REQUEST_ID, Links, Note, ShownState

OUTPUTS = "Images, each counted in each of its renditions"

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
        return cls.model_validate(overview.understood_as(understood))


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


class PreviewRow(BaseModel):
    """A row as it was understood."""

    line: int = Field(examples=[2], description="Physical line of the file, from 1")
    cells: list[str] = Field(description=f"Shortened; the first {MAX_COLUMNS_SHOWN}")
    images: list[PreviewImage]


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
        refusal = understood.refusal
        return cls(
            **overview.overview(understood, renditions),
            accepted=refusal is None,
            warnings=[Note.of(warning) for warning in understood.warnings],
            warnings_total=understood.warnings_total,
            problems=[Note.of(problem) for problem in refusal.problems] if refusal else [],
            problems_total=refusal.total if refusal else 0,
        )
