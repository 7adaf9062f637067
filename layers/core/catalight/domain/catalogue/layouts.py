"""The columns in the exports of shop systems, marketplaces and feeds.

In a name, "#" stands for a number. Case, accents and punctuation do not count.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from catalight.domain.catalogue.column_names import numbered, plain


@dataclass(frozen=True, slots=True)
class Layout:
    """The export of one program, as the page at `source` describes it.

    A header is of this layout if it has each column of `signature` and at least one of `images`. Of `serial`
    and `name`, the first that a header has counts.
    """

    program: str
    source: str
    signature: tuple[str, ...]
    images: tuple[str, ...]
    serial: tuple[str, ...]
    name: tuple[str, ...]

    def image_columns(self, names: Sequence[str]) -> tuple[int, ...]:
        """Return the indexes of the image columns among these plain names."""
        wanted = _plain_names(self.images)
        return tuple(i for i, name in enumerate(names) if name in wanted or numbered(name) in wanted)

    def matches(self, names: AbstractSet[str]) -> int:
        """Return how many of its columns a header has, or 0 if the header is not of this layout.

        `names` has the header's plain names, with and without their numbers.
        """
        images = len(names & _plain_names(self.images))
        if not images or not names >= _plain_names(self.signature):
            return 0
        return images + len(names & _plain_names(self.signature + self.serial + self.name))


@cache
def _plain_names(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset("#".join(map(plain, name.split("#"))) for name in names)


LAYOUTS = (
    Layout(
        "Shopify",
        "https://help.shopify.com/en/manual/products/import-export/using-csv",
        signature=("Handle", "Title"),
        images=("Image Src", "Variant Image"),
        serial=("Variant SKU", "Handle"),
        name=("Title",),
    ),
    Layout(
        "Shopify",  # the template since 2025
        "https://help.shopify.com/en/manual/products/import-export/using-csv",
        signature=("URL handle", "Title"),
        images=("Product image URL", "Variant image URL"),
        serial=("SKU", "URL handle"),
        name=("Title",),
    ),
    Layout(
        "WooCommerce",
        "https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema",
        signature=("Type", "Published", "Name"),
        images=("Images",),
        serial=("SKU", "ID"),
        name=("Name",),
    ),
    Layout(
        "Magento 2",
        "https://experienceleague.adobe.com/en/docs/commerce-admin/systems/data-transfer/data-attributes-product",
        signature=("sku", "attribute_set_code", "product_type"),
        images=("base_image", "small_image", "thumbnail_image", "swatch_image", "additional_images"),
        serial=("sku",),
        name=("name",),
    ),
    Layout(
        "PrestaShop",
        "https://docs.prestashop-project.org/1.6-documentation/user-guide/"
        "understanding-the-advanced-parameters/csv-import-parameters",
        signature=("Image URLs (x,y,z...)",),
        images=("Image URLs (x,y,z...)",),
        serial=("Reference #", "Reference", "Product ID", "ID"),
        name=("Name *", "Name"),
    ),
    Layout(
        "BigCommerce",
        "https://support.bigcommerce.com/s/article/Importing-Exporting-Products-v3",
        signature=("Item", "Name"),
        images=("Internal Image URL (Export)", "Image URL (Import)", "Variant Image URL"),
        serial=("SKU", "ID"),
        name=("Name",),
    ),
    Layout(
        "BigCommerce",  # version 2 of its export
        "https://support.bigcommerce.com/s/article/Importing-Exporting-Products",
        signature=("Product Name",),
        images=("Product Image File - #", "Product Image URL - #"),
        serial=("Product Code/SKU", "Product SKU", "Product ID"),
        name=("Product Name",),
    ),
    Layout(
        "OpenCart",
        "https://www.opencart.com/index.php?route=marketplace/extension/info&extension_id=17",
        signature=("product_id", "model"),
        images=("image_name", "image", "additional_images"),
        serial=("sku", "model", "product_id"),
        name=("name(en-gb)", "name(en)", "name(de)", "name(fr)", "name(es)", "name(it)", "name"),
    ),
    Layout(
        "Shopware",  # version 6, its default product profile
        "https://docs.shopware.com/en/shopware-6-en/settings/importexport",
        signature=("product_number",),
        images=("cover_media_url", "media_url", "media"),
        serial=("product_number",),
        name=("name",),
    ),
    Layout(
        "Shopware",  # version 5
        "https://docs.shopware.com/en/shopware-5-en/settings/import-export",
        signature=("ordernumber", "mainnumber"),
        images=("image", "imageUrl", "images"),
        serial=("ordernumber",),
        name=("name",),
    ),
    Layout(
        "Google Merchant",
        "https://support.google.com/merchants/answer/7052112",
        signature=("id", "title", "image_link"),
        images=("image_link", "additional_image_link", "additional_image_link #", "lifestyle_image_link"),
        serial=("id",),
        name=("title",),
    ),
    Layout(
        "Meta",
        "https://www.facebook.com/business/help/120325381656392",
        signature=("id", "title", "availability"),
        images=("image_link", "additional_image_link", "image[#].url"),
        serial=("id",),
        name=("title",),
    ),
    Layout(
        "Amazon",
        "https://sellercentral.amazon.com/help/hub/reference/external/G1641",
        signature=("main_image_url", "item_name"),
        images=("main_image_url", "other_image_url#", "swatch_image_url"),
        serial=("item_sku", "external_product_id"),
        name=("item_name",),
    ),
    Layout(
        "Amazon",  # the templates since 2024
        "https://sellercentral.amazon.com/help/hub/reference/external/G1641",
        signature=("main_product_image_locator#.media_location",),
        images=(
            "main_product_image_locator#.media_location",
            "other_product_image_locator#.media_location",
            "swatch_product_image_locator#.media_location",
        ),
        serial=("contribution_sku 1 value",),
        name=("item_name 1 value",),
    ),
    Layout(
        "eBay",  # the templates of Seller Hub
        "https://www.ebay.com/help/selling/listings/creating-managing-listings/upload-listings-bulk?id=4097",
        signature=("Item photo URL",),
        images=("Item photo URL", "Variation photo URL"),
        serial=("Custom label (SKU)", "Item number"),
        name=("Title",),
    ),
    Layout(
        "eBay",  # File Exchange
        "https://pages.ebay.com/help/sell/file-exchange-templates.html",
        signature=("PicURL",),
        images=("PicURL",),
        serial=("CustomLabel", "ItemID"),
        name=("*Title", "Title"),
    ),
    Layout(
        "Etsy",
        "https://help.etsy.com/hc/en-us/articles/360000343508",
        signature=("TITLE", "CURRENCY_CODE"),
        images=("IMAGE#",),
        serial=("SKU",),
        name=("TITLE",),
    ),
    Layout(
        "Akeneo",
        "https://docs.akeneo.com/latest/import_and_export_data/formats/product-data.html",
        signature=("family", "categories", "enabled"),
        images=("image", "images", "image_#", "main_image", "picture", "pictures", "picture_#", "media"),
        serial=("sku", "identifier", "uuid"),
        name=("name-en_US", "name-en_GB", "name-de_DE", "name-fr_FR", "name-es_ES", "name-it_IT", "name"),
    ),
    Layout(
        "Lightspeed",  # X-Series
        "https://x-series-support.lightspeedhq.com/hc/en-us/articles/25534184979867",
        signature=("handle", "supply_price"),
        images=("image_url", "image", "images", "image_#"),
        serial=("sku", "handle", "id"),
        name=("name",),
    ),
    Layout(
        "Lightspeed",  # C-Series
        "https://ecom-support.lightspeedhq.com/hc/en-us/articles/220389167",
        signature=("Internal_ID", "Images"),
        images=("Images",),
        serial=("SKU", "Article_Code", "Internal_ID"),
        name=("US_Title_Short", "EN_Title_Short", "NL_Title_Short", "DE_Title_Short", "FR_Title_Short"),
    ),
    Layout(
        "Ecwid by Lightspeed",
        "https://support.ecwid.com/hc/en-us/articles/207808495",
        signature=("product_name", "product_media_main_image_url"),
        images=("product_media_main_image_url", "product_media_gallery_image_url_#"),
        serial=("product_sku", "product_internal_id"),
        name=("product_name",),
    ),
    Layout(
        "Wix",
        "https://support.wix.com/en/article/wix-stores-importing-store-products-via-a-csv-file",
        signature=("handleId", "fieldType"),
        images=("productImageUrl",),
        serial=("sku", "handleId"),
        name=("name",),
    ),
    Layout(
        "Squarespace",
        "https://support.squarespace.com/hc/en-us/articles/205814338",
        signature=("Hosted Image URLs",),
        images=("Hosted Image URLs",),
        serial=("SKU", "Product ID [Non Editable]"),
        name=("Title",),
    ),
)
