"""The words of column names in suppliers' own lists, in eight languages."""

import re
from collections.abc import Iterable

from catalight.domain.catalogue.column_names import plain

# (language, what an image is called, words beside it)
IMAGE_WORDS = (
    (
        "English",
        "image images img imgs picture pictures pic pics photo photos photograph thumbnail thumb gallery",
        "main primary base first second third additional other extra more further alternative alternate "
        "gallery product products item variant variation sku input source default cover featured front back "
        "side detail large big hires highres hd hq original full zoom web packshot lifestyle swatch small "
        "medium url urls uri link links src href address location http https the of to no nr number",
    ),
    (
        "German",
        "bild bilder foto fotos abbildung abbildungen grafik vorschaubild vorschau",
        "haupt zusatz weitere weiteres weiterer zusatzliche zusatzliches produkt artikel varianten detail "
        "gross adresse verweis der die das zum zur des auf galerie titel",
    ),
    (
        "French",
        "image images photo photos visuel visuels vignette illustration",
        "principale principal principales supplementaire supplementaires additionnelle additionnelles autre "
        "autres produit article lien liens adresse de du la le les l d vers galerie grande",
    ),
    (
        "Spanish",
        "imagen imagenes foto fotos fotografia fotografias miniatura",
        "principal principales adicional adicionales otra otras producto articulo enlace enlaces direccion "
        "de del la las el los galeria secundaria secundarias",
    ),
    (
        "Italian",
        "immagine immagini foto fotografia miniatura",
        "principale principali aggiuntiva aggiuntive altra altre secondaria secondarie prodotto articolo "
        "collegamento indirizzo di del dell della galleria",
    ),
    (
        "Dutch",
        "afbeelding afbeeldingen plaatje plaatjes foto fotos",
        "hoofd extra overige product artikel koppeling adres van de het naar galerij",
    ),
    (
        "Polish",
        "zdjecie zdjecia obraz obrazy obrazek obrazki obrazka obrazow zdjec fotografia grafika miniatura",
        "glowne glowny dodatkowe dodatkowy inne produktu towaru adres do odnosnik galeria",
    ),
    (
        "Portuguese",
        "imagem imagens foto fotos fotografia miniatura",
        "principal adicional adicionais outra outras produto artigo endereco ligacao de do da galeria",
    ),
)

_SERIAL_WORDS = (
    ("English", "serial number", "serial no", "serial", "sr no", "sl no", "s no", "s/n", "no"),
    ("English", "sku", "article number", "article no", "art no", "item number", "item no", "item code"),
    ("English", "item id", "product id", "product code", "product number", "product no", "part number"),
    ("English", "mpn", "model number", "model", "style number", "style", "reference", "ref", "code", "id"),
    ("English", "gtin", "ean", "ean13", "ean code", "upc", "barcode", "variant sku", "seller sku", "handle"),
    ("German", "artikelnummer", "artikelnr", "art nr", "artikel nr", "artnr", "bestellnummer", "bestellnr"),
    (
        "German",
        "produktnummer",
        "produktcode",
        "sachnummer",
        "materialnummer",
        "modellnummer",
        "nummer",
        "nr",
    ),
    ("French", "référence", "réf", "code article", "référence produit", "réf article", "code produit"),
    ("French", "référence fournisseur", "numéro d'article", "code barre", "identifiant"),
    ("Spanish", "referencia", "código", "código de producto", "código artículo", "número de artículo"),
    ("Italian", "codice", "codice articolo", "codice prodotto", "riferimento", "cod", "cod articolo"),
    ("Dutch", "artikelnummer", "artikelcode", "productcode", "productnummer", "bestelnummer", "referentie"),
    ("Polish", "indeks", "kod", "kod produktu", "symbol", "numer katalogowy", "nr katalogowy", "kod ean"),
    ("Portuguese", "referência", "código do produto", "código do artigo", "ref produto"),
)

_NAME_WORDS = (
    ("English", "product name"),
    (
        "English",
        "title",
        "product title",
        "item title",
        "item name",
        "item",
        "product",
        "name",
        "description",
    ),
    ("English", "short description", "article name", "product description", "label", "model name"),
    ("German", "bezeichnung", "artikelbezeichnung", "produktbezeichnung", "artikelname", "produktname"),
    ("German", "produkt", "artikel", "titel", "beschreibung", "kurzbeschreibung", "kurztext"),
    (
        "French",
        "nom",
        "nom du produit",
        "désignation",
        "libellé",
        "titre",
        "produit",
        "intitulé",
        "nom produit",
    ),
    (
        "Spanish",
        "nombre",
        "nombre del producto",
        "título",
        "descripción",
        "producto",
        "denominación",
        "artículo",
    ),
    ("Italian", "nome", "nome prodotto", "titolo", "descrizione", "prodotto", "denominazione", "articolo"),
    ("Dutch", "naam", "productnaam", "artikelnaam", "titel", "omschrijving", "artikelomschrijving"),
    ("Polish", "nazwa", "nazwa produktu", "nazwa towaru", "tytuł", "opis", "produkt", "towar"),
    ("Portuguese", "nome do produto", "título", "descrição", "produto", "designação", "artigo"),
)


def _one_of(words: Iterable[str]) -> str:
    return "|".join(sorted(set(words), key=lambda word: (-len(word), word)))


def _in_order(lines: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain(word) for _, *words in lines for word in words))


_IMAGE = _one_of(word for _, images, _ in IMAGE_WORDS for word in images.split())
_BESIDE = _one_of(
    word for _, _, beside in IMAGE_WORDS for word in beside.split() if word not in _IMAGE.split("|")
)
# Possessive, longest words first: linear in the length of a name. Compiled at the first use: that takes 2 ms.
_IMAGE_NAME = rf"(?:{_BESIDE}|[0-9]+)*+(?:{_IMAGE})(?:{_IMAGE}|{_BESIDE}|[0-9]+)*+"

SERIAL_NAMES = _in_order(_SERIAL_WORDS)
PRODUCT_NAMES = _in_order(_NAME_WORDS)


def names_images(plain_name: str) -> bool:
    """Return whether a column with this plain name holds images, by its name alone.

    "imageurl", "bild1" and "zusatzbilder" do; "imagealttext" and "imageposition" do not.
    """
    return re.fullmatch(_IMAGE_NAME, plain_name) is not None
