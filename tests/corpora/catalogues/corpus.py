"""All files of the corpus."""

from tests.corpora.catalogues import cells, names, shops, texts
from tests.corpora.catalogues.case import Case

CASES: tuple[Case, ...] = tuple(case for module in (shops, texts, names, cells) for case in module.cases())
