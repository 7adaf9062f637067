"""The exports of shops, marketplaces and feeds: their headers as these programs write them, invented rows."""

import gzip
from collections.abc import Iterator
from typing import Any

from tests.corpora.catalogues.case import Case, table
from tests.corpora.catalogues.sheets import ods, xlsx
from tests.corpora.catalogues.shop import Shop
from tests.corpora.catalogues.shop_headers import SHOPS

_AS_XLSX = (
    "shopify",
    "woocommerce",
    "opencart",
    "amazon-flat-file",
    "ebay-seller-hub",
    "prestashop",
    "magento-2",
)
_AS_ODS = ("etsy", "shopware-6")
_AS_GZIP = ("google-merchant", "meta", "akeneo")


def cases() -> Iterator[Case]:
    """Yield each export as the program writes it, and some of them as workbooks or packed."""
    for shop in SHOPS:
        text = table(shop.lines(), shop.delimiter).encode()
        yield _case(shop, f"{shop.file}.csv", text)
        if shop.file in _AS_XLSX:
            yield _workbook(shop, "xlsx", xlsx({"Products": shop.lines()}))
        if shop.file in _AS_ODS:
            yield _workbook(shop, "ods", ods({"Products": shop.lines()}))
        if shop.file in _AS_GZIP:
            yield _case(shop, f"{shop.file}.csv.gz", gzip.compress(text, mtime=0), gzipped=True)


def _case(shop: Shop, file: str, data: bytes, **fields: Any) -> Case:
    expected: dict[str, Any] = {
        "delimiter": shop.delimiter,
        "header_row": len(shop.above) + 1,
        "images": shop.images,
        "serial": shop.serial,
        "name": shop.name,
        "reason": "layout",
        "program": shop.program,
    }
    return Case(f"shops/{file}", data, shop.rows(), **expected | fields)


def _workbook(shop: Shop, suffix: str, data: bytes) -> Case:
    fields: dict[str, Any] = {"format": suffix, "sheet": "Products", "encoding": None, "delimiter": None}
    return _case(shop, f"{shop.file}.{suffix}", data, **fields)
