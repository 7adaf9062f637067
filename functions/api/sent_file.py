"""The file that a form carries or names, and what the form says of it."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from fastapi import Depends, File, Form, UploadFile
from fastapi.exceptions import RequestValidationError

from catalight.domain.catalogue import column_requests
from catalight.domain.catalogue.encodings import ENCODINGS
from catalight.domain.catalogue.requested import Request
from catalight.usecases.jobs.understand import Upload
from functions.api.callers import Caller
from functions.api.services import Services
from functions.api.terms import URL_SCHEMA, Terms

MAX_FILE_NAME = 200  # characters; the name becomes part of a presigned URL
MAX_HEADER_ROW = 1_000
MAX_SHEET = 100  # characters; Excel allows 31
DEFAULT_NAME = "catalogue.csv"
FILE = (
    "The catalogue: CSV, XLSX, XLSM, XLSB, XLS or ODS, or one of these packed with gzip, at most 4.5 MB; "
    "this or `file_url`"
)
FILE_URL = (
    "URL of the catalogue, in the place of `file`; share links of Google Sheets, Dropbox … are understood"
)
COLUMNS = f"Which columns are which, as JSON: `{column_requests.FORM}`; each key may be left out"
HEADER_ROW = "Line of the header, from 1, if it is not found by itself"
SHEET = "Sheet of a workbook, by its name or its number from 1; the first visible one that has a header"
ENCODING = "Encoding of a CSV file, if it is neither UTF-8 nor UTF-16 and is guessed wrongly"
ENCODING_SCHEMA: dict[str, Any] = {"enum": ["", *ENCODINGS]}
STRICT = "Reject the file for problems that are otherwise warnings"
ONE_FILE = "Send the catalogue in `file`, or its URL in `file_url`, not both"


def check_encoding(name: str) -> None:
    """Raise OptionError if an encoding has no known name."""
    # Imported only here, because few requests need it and a cold start would take longer.
    from catalight.adapters.tables.encodings import codec_of

    codec_of(name)


@dataclass(frozen=True, slots=True)
class SentFile:
    """The file of a form, or its URL, and what the form says of it."""

    file: UploadFile | None
    file_url: str | None
    columns: Request | None
    header_row: int | None
    strict: bool
    encoding: str | None
    sheet: str | None

    @property
    def name(self) -> str:
        """The name of the file, shortened."""
        if self.file_url:
            name = unquote(urlsplit(self.file_url).path.rpartition("/")[2])
            return name[-MAX_FILE_NAME:] if "." in name else DEFAULT_NAME
        return ((self.file and self.file.filename) or DEFAULT_NAME)[-MAX_FILE_NAME:]

    def read(self, calling: Caller, built: Services, terms: Terms) -> Upload:
        """Return the file, for a job on these terms.

        Raise LimitError if its caller sends more than is read for one key.
        """
        limited = calling.limits is not None
        if self.file_url:
            data = built.fetch_feed(calling.owner, self.file_url, limited=limited)
        else:
            data = self.file.file.read() if self.file else b""
            if limited:
                built.throttle(calling.owner, len(data))
        upload = Upload(
            data,
            self.columns,
            self.header_row,
            self.file_url,
            self.strict,
            self.encoding,
            self.sheet,
            len(terms.renditions),
            result=terms.result,
        )
        return replace(upload, count=partial(built.throttle, calling.owner)) if limited else upload


def _sent_file(
    file: Annotated[UploadFile | None, File(description=FILE)] = None,
    file_url: Annotated[str | None, Form(description=FILE_URL, json_schema_extra=URL_SCHEMA)] = None,
    columns: Annotated[str, Form(description=COLUMNS)] = "",
    header_row: Annotated[int | None, Form(ge=1, le=MAX_HEADER_ROW, description=HEADER_ROW)] = None,
    strict: Annotated[bool, Form(description=STRICT)] = False,
    encoding: Annotated[str, Form(description=ENCODING, json_schema_extra=ENCODING_SCHEMA)] = "",
    sheet: Annotated[str, Form(max_length=MAX_SHEET, description=SHEET)] = "",
) -> SentFile:
    """Return the file of the form. Raise OptionError or RequestValidationError if a field is wrong."""
    if (file is None) == (file_url is None):
        raise RequestValidationError([{"type": "missing", "loc": ("body", "file"), "msg": ONE_FILE}])
    request = column_requests.read_request(columns)
    return SentFile(file, file_url, request, header_row, strict, encoding or None, sheet or None)


FormFile = Annotated[SentFile, Depends(_sent_file)]
"""The type of a parameter that receives the file of the form."""
