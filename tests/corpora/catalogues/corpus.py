"""All files of the corpus."""

from tests.corpora.catalogues import broken_workbooks, cells, names, refused, results, shops, texts, workbooks
from tests.corpora.catalogues.case import Case

CASES: tuple[Case, ...] = tuple(
    case
    for module in (shops, texts, names, cells, workbooks, broken_workbooks, results, refused)
    for case in module.cases()
)
