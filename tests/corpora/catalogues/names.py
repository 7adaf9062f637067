"""Suppliers' own lists: columns found by their names, by their cells, or named by the request."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.corpora.catalogues.case import HOST, A, B, C, Case, table

# (file, delimiter, image columns, serial, name, other columns)
_LISTS = (
    (
        "english-numbered",
        ",",
        ("image1", "image2", "image3", "image10"),
        "Item No.",
        "Description",
        ("Price",),
    ),
    (
        "english-main-and-additional",
        ",",
        ("Main image", "Additional images"),
        "SKU",
        "Title",
        ("Image alt text",),
    ),
    ("english-photo", ",", ("Photo",), "Code", "Name", ("Photo position", "Link")),
    ("english-picture-url", ",", ("Picture URL",), "EAN", "Product", ("Picture title width",)),
    ("english-image-src", ",", ("Image Src",), "Reference", "Item name", ("Image height",)),
    ("english-image-link-2", ",", ("Image Link 1", "Image Link 2"), "MPN", "Title", ()),
    ("english-no-serial", ",", ("Thumbnail",), None, "Title", ("Price",)),
    ("english-with-brackets", ",", ("Image (front)", "Image (back)"), "SKU", "Name", ()),
    ("german", ";", ("Bild 1", "Bild 2", "Bild 3"), "Artikelnummer", "Bezeichnung", ("Preis", "Bildtext")),
    ("german-links", ";", ("Hauptbild", "Weitere Bilder"), "Art.-Nr.", "Produktname", ("Verweis",)),
    ("french", ";", ("Photo principale", "Photos supplémentaires"), "Référence", "Désignation", ("Prix",)),
    ("french-visuel", ";", ("Visuel",), "Code article", "Libellé", ()),
    ("spanish", ";", ("Imagen principal", "Imágenes adicionales"), "Código", "Nombre", ("Precio",)),
    ("italian", ";", ("Immagine 1", "Immagine 2"), "Codice", "Descrizione", ("Prezzo",)),
    ("dutch", ";", ("Hoofdafbeelding", "Extra afbeeldingen"), "Artikelcode", "Omschrijving", ("Prijs",)),
    ("polish", ";", ("Zdjęcie główne", "Zdjęcia dodatkowe"), "Indeks", "Nazwa", ("Cena",)),
    ("portuguese", ";", ("Imagem principal", "Imagens adicionais"), "Referência", "Designação", ("Preço",)),
    ("twelve-image-columns", ",", tuple(f"Image {n}" for n in range(1, 13)), "SKU", "Title", ("Price",)),
)
_FRONT: list[Sequence[str]] = [
    ("Code", "Description", "Front", "Back"),
    ("1", "Tea", A, B),
    ("2", "Pot", C, ""),
]


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for file, delimiter, images, serial, name, others in _LISTS:
        yield _named(file, delimiter, images, serial, name, others)
    yield from _by_content()
    yield from _requested()


def _named(
    file: str,
    delimiter: str,
    images: Sequence[str],
    serial: str | None,
    name: str | None,
    others: Sequence[str],
) -> Case:
    urls = [f"{HOST}/{number}.jpg" for number in range(len(images))]
    before = [one for one in (serial, name) if one]
    lines: list[Sequence[str]] = [
        [*before, *others, *images],
        [*("007" for _ in before), *("https://shop.example/tea" for _ in others), *urls],
    ]
    data = table(lines, delimiter).encode()
    expected: dict[str, Any] = {"images": images, "serial": serial, "name": name, "reason": "names"}
    return Case(f"names/{file}.csv", data, [" | ".join(urls)], delimiter=delimiter, **expected)


def _case(file: str, lines: Sequence[Sequence[str]], rows: Sequence[str], **fields: Any) -> Case:
    return Case(f"columns/{file}.csv", table(lines).encode(), rows, **fields)


def _by_content() -> Iterator[Case]:
    guessed: dict[str, Any] = {
        "reason": "content",
        "warnings": ["guessed_columns@1"],
        "serial": "Code",
        "name": "Description",
    }
    rows = [f"{A} | {B}", f"{C} | "]
    yield _case("two-columns-of-images", _FRONT, rows, images=("Front", "Back"), **guessed)
    lines = [("Code", "Description", "Page", "Front"), ("1", "Tea", "https://shop.example/tea", A)]
    yield _case("images-beside-pages", lines, [A], images=("Front",), **guessed)
    pages: list[Sequence[str]] = [
        ("Code", "Description", "Web"),
        ("1", "Tea", f"{HOST}/image?id=1"),
        ("2", "Pot", f"{HOST}/image?id=2"),
    ]
    yield _case(
        "urls-without-extensions",
        pages,
        [f"{HOST}/image?id=1", f"{HOST}/image?id=2"],
        images=("Web",),
        **guessed,
    )
    lines = [("Code", "Description", "Page", "Data sheet"), ("1", "Tea", f"{HOST}/1", f"{HOST}/1.pdf")]
    refused: dict[str, Any] = {"images": (), "problems": ["missing_column@1"]}
    yield _case("two-columns-of-pages", lines, [], **refused)
    yield _case("no-urls-at-all", [("Code", "Description"), ("1", "Tea")], [], **refused)


def _requested() -> Iterator[Case]:
    def case(file: str, request: Mapping[str, object], rows: Sequence[str] = (), **fields: Any) -> Case:
        form = {"columns": json.dumps(request)}
        return _case(file, lines, rows, form=form, **{"reason": "requested", **fields})

    lines: list[Sequence[str]] = _FRONT
    code: dict[str, Any] = {"serial": "Code", "name": "Description"}
    yield case("images-named", {"images": ["Front"]}, [A, C], images=("Front",), **code)
    yield case(
        "images-named-in-another-order",
        {"images": ["Back", "Front"]},
        [f"{B} | {A}", f" | {C}"],
        images=("Back", "Front"),
        **code,
    )
    yield case("images-named-in-other-letters", {"images": ["FRONT"]}, [A, C], images=("Front",), **code)
    everything: dict[str, object] = {"images": ["Back"], "serial": "Description", "name": "Code"}
    yield case("all-named", everything, [B, ""], images=("Back",), serial="Description", name="Code")
    yield case("a-column-that-is-missing", {"images": ["Side"]}, images=(), problems=["missing_column"])
    yield case(
        "three-columns-that-are-missing",
        {"images": ["Side"], "serial": "No", "name": "Title"},
        images=(),
        problems=["missing_column"] * 3,
    )
    lines = [("SKU", "SKU", "Title", "Photo"), ("1", "2", "Tea", A)]
    yield case("a-name-twice", {"serial": "SKU"}, images=(), problems=["duplicate_column"])
    yield case("the-rest-is-chosen", {"name": "Title"}, [A], images=("Photo",), serial="SKU", name="Title")
    lines = [("Serial Number", "Product Name", "Input Image Urls", "Photo"), ("1", "Tea", A, B)]
    yield case("instead-of-the-classic-ones", {"images": ["Photo"]}, [B], images=("Photo",))
    lines = [("Handle", "Title", "Image Src", "Variant Image", "Swatch"), ("tea", "Tea", A, B, C)]
    shopify: dict[str, Any] = {"serial": "Handle", "name": "Title"}
    yield case("instead-of-a-shops", {"images": ["Swatch"]}, [C], images=("Swatch",), **shopify)
    lines = [("Front", "of May"), ("Code", "Front"), ("1", A)]
    yield case(
        "header-found-by-names",
        {"images": ["Front"], "serial": "Code"},
        [A],
        images=("Front",),
        serial="Code",
        name=None,
        header_row=2,
    )
