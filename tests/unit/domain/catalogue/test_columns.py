"""Which columns are chosen in the headers of shop systems and of suppliers' own lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.catalogue import columns
from catalight.domain.catalogue.column_names import plain
from catalight.domain.catalogue.column_words import names_images
from catalight.domain.catalogue.columns import Columns, Reason
from catalight.domain.catalogue.layouts import LAYOUTS
from catalight.domain.catalogue.requested import Request
from catalight.domain.errors import Problem

EXPORTS = [
    # program, header, images, serial, name
    (
        "Shopify",
        "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,"
        "Variant SKU,Variant Grams,Variant Price,Image Src,Image Position,Image Alt Text,Variant Image",
        ["Image Src", "Variant Image"],
        "Variant SKU",
        "Title",
    ),
    (
        "Shopify",
        "Title,URL handle,Description,Vendor,SKU,Barcode,Price,Product image URL,Image position,"
        "Image alt text,Variant image URL,Gift card,SEO title",
        ["Product image URL", "Variant image URL"],
        "SKU",
        "Title",
    ),
    (
        "WooCommerce",
        "ID,Type,SKU,GTIN,Name,Published,Is featured?,Short description,Categories,Tags,Images,Position",
        ["Images"],
        "SKU",
        "Name",
    ),
    (
        "Magento 2",
        "sku,store_view_code,attribute_set_code,product_type,categories,name,base_image,base_image_label,"
        "small_image,small_image_label,thumbnail_image,thumbnail_image_label,additional_images,"
        "additional_image_labels",
        ["base_image", "small_image", "thumbnail_image", "additional_images"],
        "sku",
        "name",
    ),
    (
        "PrestaShop",
        "Product ID;Active (0/1);Name *;Categories (x,y,z...);Reference #;Image URLs (x,y,z...);"
        "Image alt texts (x,y,z...)",
        ["Image URLs (x,y,z...)"],
        "Reference #",
        "Name *",
    ),
    (
        "BigCommerce",
        "Item,ID,Name,Type,SKU,Options,Price,Variant Image URL,Internal Image URL (Export),"
        "Image URL (Import),Image Description,Image is Thumbnail,Image Sort Order,YouTube ID",
        ["Variant Image URL", "Internal Image URL (Export)", "Image URL (Import)"],
        "SKU",
        "Name",
    ),
    (
        "BigCommerce",
        "Item Type,Product ID,Product Name,Product Code/SKU,Product Image ID - 1,Product Image File - 1,"
        "Product Image Description - 1,Product Image File - 2,Product Image Sort - 2",
        ["Product Image File - 1", "Product Image File - 2"],
        "Product Code/SKU",
        "Product Name",
    ),
    (
        "OpenCart",
        "product_id,name(en-gb),categories,sku,upc,quantity,model,manufacturer,image_name,shipping,price",
        ["image_name"],
        "sku",
        "name(en-gb)",
    ),
    (
        "Shopware",
        "id,parent_id,product_number,active,stock,name,description,price_net,cover_media_id,cover_media_url,"
        "cover_media_title,media",
        ["cover_media_url", "media"],
        "product_number",
        "name",
    ),
    ("Shopware", "ordernumber,mainnumber,name,supplier,tax,imageUrl", ["imageUrl"], "ordernumber", "name"),
    (
        "Google Merchant",
        "id,title,description,link,image link,additional image link,availability,price,gtin",
        ["image link", "additional image link"],
        "id",
        "title",
    ),
    (
        "Meta",
        "id,title,description,availability,condition,price,link,brand,image[0].url,image[0].tag[0],image[1].url",
        ["image[0].url", "image[1].url"],
        "id",
        "title",
    ),
    (
        "Amazon",
        "feed_product_type,item_sku,brand_name,item_name,external_product_id,standard_price,main_image_url,"
        "other_image_url1,other_image_url2,swatch_image_url",
        ["main_image_url", "other_image_url1", "other_image_url2", "swatch_image_url"],
        "item_sku",
        "item_name",
    ),
    (
        "Amazon",
        "contribution_sku#1.value,item_name[marketplace_id=ATVPDKIKX0DER]#1.value,"
        "main_product_image_locator[marketplace_id=ATVPDKIKX0DER]#1.media_location,"
        "other_product_image_locator_1[marketplace_id=ATVPDKIKX0DER]#1.media_location,"
        "swatch_product_image_locator[marketplace_id=ATVPDKIKX0DER]#1.media_location",
        [
            "main_product_image_locator[marketplace_id=ATVPDKIKX0DER]#1.media_location",
            "other_product_image_locator_1[marketplace_id=ATVPDKIKX0DER]#1.media_location",
            "swatch_product_image_locator[marketplace_id=ATVPDKIKX0DER]#1.media_location",
        ],
        "contribution_sku#1.value",
        "item_name[marketplace_id=ATVPDKIKX0DER]#1.value",
    ),
    (
        "eBay",
        "Action(SiteID=US|Country=US|Currency=USD|Version=1193|CC=UTF-8),Custom label (SKU),Category ID,"
        "Title,UPC,Price,Quantity,Item photo URL,Condition ID,Description,Format",
        ["Item photo URL"],
        "Custom label (SKU)",
        "Title",
    ),
    (
        "eBay",
        "*Action(SiteID=Germany|Country=DE),CustomLabel,*Category,*Title,*StartPrice,PicURL,GalleryType",
        ["PicURL"],
        "CustomLabel",
        "*Title",
    ),
    (
        "Etsy",
        "TITLE,DESCRIPTION,PRICE,CURRENCY_CODE,QUANTITY,TAGS,MATERIALS,IMAGE1,IMAGE2,IMAGE10,SKU",
        ["IMAGE1", "IMAGE2", "IMAGE10"],
        "SKU",
        "TITLE",
    ),
    (
        "Akeneo",
        "sku,categories,enabled,family,groups,name-en_US,image,picture_2",
        ["image", "picture_2"],
        "sku",
        "name-en_US",
    ),
    (
        "Lightspeed",
        "id,handle,sku,name,description,product_category,supply_price,retail_price,image_url",
        ["image_url"],
        "sku",
        "name",
    ),
    (
        "Lightspeed",
        "Internal_ID,Internal_Variant_ID,Visible,Brand,Supplier,NL_Title_Short,Images,Price,Article_Code,EAN,SKU",
        ["Images"],
        "SKU",
        "NL_Title_Short",
    ),
    (
        "Ecwid by Lightspeed",
        "type,product_internal_id,product_sku,product_name,product_media_main_image_url,"
        "product_media_main_image_alt,product_media_gallery_image_url_1,product_media_gallery_image_alt_1",
        ["product_media_main_image_url", "product_media_gallery_image_url_1"],
        "product_sku",
        "product_name",
    ),
    (
        "Wix",
        "handleId,fieldType,name,description,productImageUrl,collection,sku,ribbon,price",
        ["productImageUrl"],
        "sku",
        "name",
    ),
    (
        "Squarespace",
        "Product ID [Non Editable],Variant ID [Non Editable],Product Type,Title,Description,SKU,Price,"
        "Hosted Image URLs",
        ["Hosted Image URLs"],
        "SKU",
        "Title",
    ),
]

LISTS = [
    # header, images, serial, name
    ("SKU,Title,Image 1,Image 2,Image 3", ["Image 1", "Image 2", "Image 3"], "SKU", "Title"),
    ("EAN,Main image,Additional images", ["Main image", "Additional images"], "EAN", None),
    ("Photo", ["Photo"], None, None),
    ("code,description,Picture URL", ["Picture URL"], "code", "description"),
    ("Artikelnummer,Bezeichnung,Bild 1,Bild 2", ["Bild 1", "Bild 2"], "Artikelnummer", "Bezeichnung"),
    (
        "Art.-Nr.;Artikelbezeichnung;Hauptbild;Zusatzbilder",
        ["Hauptbild", "Zusatzbilder"],
        "Art.-Nr.",
        "Artikelbezeichnung",
    ),
    ("Référence,Désignation,URL de l'image", ["URL de l'image"], "Référence", "Désignation"),
    ("Referencia,Título,Imágenes adicionales", ["Imágenes adicionales"], "Referencia", "Título"),
    ("Codice articolo,Descrizione,Immagine 1", ["Immagine 1"], "Codice articolo", "Descrizione"),
    (
        "Artikelcode,Omschrijving,Afbeelding 1,Extra foto's",
        ["Afbeelding 1", "Extra foto's"],
        "Artikelcode",
        "Omschrijving",
    ),
    (
        "Indeks,Nazwa,Zdjęcie główne,Zdjęcia dodatkowe",
        ["Zdjęcie główne", "Zdjęcia dodatkowe"],
        "Indeks",
        "Nazwa",
    ),
    ("Referência,Nome do produto,Imagem principal", ["Imagem principal"], "Referência", "Nome do produto"),
    ("SKU,Name,Images (comma separated)", ["Images (comma separated)"], "SKU", "Name"),
]


def split(line: str) -> list[str]:
    """Return the cells of a header."""
    return line.split(";" if ";" in line else ",")


def chosen(header: list[str], found: Columns) -> tuple[list[str], str | None, str | None]:
    """Return the names of the chosen columns."""
    serial, name = (None if index is None else header[index] for index in (found.serial, found.name))
    return [header[index] for index in found.images], serial, name


@pytest.mark.parametrize(("program", "line", "images", "serial", "name"), EXPORTS)
def test_the_export_of_a_known_program(
    program: str, line: str, images: list[str], serial: str, name: str
) -> None:
    header = split(line)

    found = columns.named(header)

    assert found is not None
    assert (found.reason, found.program) == (Reason.LAYOUT, program)
    assert chosen(header, found) == (images, serial, name)


def test_every_layout_has_an_example() -> None:
    assert [program for program, *_ in EXPORTS] == [layout.program for layout in LAYOUTS]


@pytest.mark.parametrize(("line", "images", "serial", "name"), LISTS)
def test_a_list_with_columns_named_like_images(
    line: str, images: list[str], serial: str | None, name: str | None
) -> None:
    header = split(line)

    found = columns.named(header)

    assert found is not None
    assert (found.reason, found.program) == (Reason.NAMES, None)
    assert chosen(header, found) == (images, serial, name)


@pytest.mark.parametrize(
    "name",
    [
        "Image Alt Text",
        "Image position",
        "Image name",
        "Photo credit",
        "Output Image Urls",
        "URL",
        "Link",
        "Product",
        "Imagine",
        "",
        "Bildunterschrift",
        "image count",
        "x" * 300 + "image",
    ],
)
def test_a_name_that_is_not_of_images(name: str) -> None:
    assert not names_images(plain(name))


def test_columns_of_image_urls_are_found_by_their_content() -> None:
    header = ["a", "b", "c", "d"]
    rows = [
        [
            "1",
            "https://shop.example/product/1",
            "https://cdn.example/1.jpg?v=2",
            "https://cdn.example/1b.PNG",
        ],
        ["2", "https://shop.example/product/2", "https://cdn.example/2.jpg", ""],
        ["", "", "", ""],
        ["3", "https://shop.example/product/3", "none", ""],
    ]

    assert columns.by_content(header, rows) == Columns((2, 3), None, None, Reason.CONTENT)


def test_a_single_column_of_urls_counts_even_if_they_do_not_end_like_images() -> None:
    rows = [["1", "https://cdn.example/i?id=1"], ["2", "https://cdn.example/i?id=2"]]

    assert columns.by_content(["sku", "where"], rows) == Columns((1,), 0, None, Reason.CONTENT)


def test_two_columns_of_other_urls_are_not_guessed_from() -> None:
    assert columns.by_content(["a", "b"], [["https://x.example/1", "https://y.example/1"]]) is None


def test_rows_without_urls_are_not_guessed_from() -> None:
    assert columns.by_content(["a", "b"], [["1", "2"], ["3"]]) is None
    assert columns.by_content(["a"], []) is None


def test_requested_columns_keep_the_order_of_the_request() -> None:
    header = ["SKU", "Title", "Photo", "Second"]

    found = columns.requested(header, Request(images=("Second", "photo"), name="SKU"), columns.named(header))

    assert found == Columns((3, 2), 0, 0, Reason.REQUESTED)


def test_what_a_request_leaves_out_is_chosen() -> None:
    header = ["SKU", "Title", "Photo", "EAN"]

    found = columns.requested(header, Request(serial="EAN"), columns.named(header))

    assert found == Columns((2,), 3, 1, Reason.REQUESTED)


def test_a_requested_name_chooses_every_image_column_of_that_name() -> None:
    header = ["SKU", "Photo", "Photo"]

    assert columns.requested(header, Request(images=("Photo",)), None) == Columns(
        (1, 2), 0, None, Reason.REQUESTED
    )


def test_an_exact_name_wins_over_a_similar_one() -> None:
    header = ["photo", "Photo"]

    assert columns.requested(header, Request(images=("Photo",)), None) == Columns(
        (1,), None, None, Reason.REQUESTED
    )


@pytest.mark.parametrize(
    ("request_", "codes"),
    [
        (Request(images=("Nope",)), ["missing_column"]),
        (Request(images=("Photo",), serial="Nope", name="Nor"), ["missing_column", "missing_column"]),
        (Request(serial="Twice"), ["duplicate_column"]),
        (Request(serial="Code"), ["missing_column"]),
    ],
)
def test_a_request_that_the_header_does_not_fit(request_: Request, codes: list[str]) -> None:
    found = columns.requested(["Code", "Photo", "Twice", "Twice"], request_, None)

    assert isinstance(found, tuple)
    assert [problem.code for problem in found] == codes
    assert all(isinstance(problem, Problem) for problem in found)


@given(st.lists(st.text(max_size=30) | st.sampled_from(["Image 1", "SKU", "Title", "Handle"]), max_size=20))
def test_chosen_columns_exist_and_differ(header: list[str]) -> None:
    found = columns.named(header)

    if found is not None:
        assert found.images
        assert len(set(found.images)) == len(found.images)
        assert all(0 <= index < len(header) for index in found.images)
        assert not {found.serial, found.name} & set(found.images)


@given(st.text(max_size=400))
def test_a_plain_name_is_stable(name: str) -> None:
    assert plain(plain(name)) == plain(name)
    assert plain(name.upper()) == plain(name.upper().lower())


@pytest.mark.parametrize(
    ("header", "product"),
    [
        (["Image Src", "Handle", "Title", "Variant SKU"], 2),  # Shopify
        (["Photo", "SKU", "Bezeichnung"], 2),
        (["Foo", "SKU", "Link"], 1),
        (["Foo", "Bar"], None),
        ([], None),
    ],
)
def test_the_column_that_names_a_product(header: list[str], product: int | None) -> None:
    assert columns.product(header) == product
