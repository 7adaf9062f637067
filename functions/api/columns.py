"""The routes below /columns: list and forget the columns that requests have named."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from catalight.domain.catalogue.requested import Remembered
from catalight.domain.errors import ColumnsNotFoundError
from functions.api.callers import Calling
from functions.api.documented import documented_problems
from functions.api.fields import ONLY_KNOWN
from functions.api.services import Built

ID = "SHA-256 of the header"

router = APIRouter(prefix="/columns", dependencies=[ONLY_KNOWN])


class RememberedColumns(BaseModel):
    """The columns that a request has named for a header."""

    id: str = Field(description=ID, examples=["ab" * 32])
    images: list[str] | None = Field(examples=[["Image 1", "Image 2"]])
    serial: str | None = Field(examples=["SKU"])
    name: str | None = Field(examples=["Title"])
    header: list[str] = Field(
        description="The first names of the header, shortened", examples=[["SKU", "Title"]]
    )
    chosen_at: datetime
    used_at: datetime = Field(description="They are forgotten a year after that")

    @classmethod
    def of(cls, known: Remembered) -> Self:
        """Return the columns that are remembered for a header."""
        images = known.columns.images
        return cls(
            id=known.id,
            images=None if images is None else list(images),
            serial=known.columns.serial,
            name=known.columns.name,
            header=list(known.header),
            chosen_at=known.chosen_at,
            used_at=known.used_at,
        )


class ColumnList(BaseModel):
    """All columns that are remembered, the last used first."""

    columns: list[RememberedColumns]


@router.get("", responses=documented_problems(401))
def list_columns(calling: Calling, built: Built) -> ColumnList:
    """List the columns that your requests have named; they are used for files with the same header."""
    known = built.column_memory.of_owner(calling.owner)
    return ColumnList(columns=[RememberedColumns.of(one) for one in known])


@router.delete("/{columns_id}", status_code=204, responses=documented_problems(401, ColumnsNotFoundError))
def forget_columns(columns_id: Annotated[str, Path(description=ID)], calling: Calling, built: Built) -> None:
    """Forget the columns that were named for one header."""
    if not built.column_memory.forget(calling.owner, columns_id):
        raise ColumnsNotFoundError(columns_id)
