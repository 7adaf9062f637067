"""Renditions by name, for what shops and marketplaces ask for."""

from dataclasses import dataclass

from catalight.domain.image.rendition import Fit, Rendition

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Preset:
    """A rendition for one purpose.

    `source` is the page of the shop that says what it accepts, and `max_bytes` the most that it accepts, if
    the page names a limit.
    """

    purpose: str
    rendition: Rendition
    source: str
    max_bytes: int | None = None


_ALL = (
    # Square, on pure white, with at least 1,000 pixels, so that customers can zoom.
    Preset(
        "the main image of an Amazon listing",
        Rendition(80, name="amazon-main", width=2000, height=2000, fit=Fit.PAD, min_side=1000),
        "https://sellercentral.amazon.com/help/hub/reference/G1881",
        10 * MB,
    ),
    # 1,500 pixels are recommended; from 31 January 2027 on less than 500 is not shown. No frame may be added.
    Preset(
        "`image_link` of a Google Merchant Center feed",
        Rendition(80, max_width=1500, max_height=1500, name="google-shopping", min_side=500),
        "https://support.google.com/merchants/answer/6324350",
        16 * MB,
    ),
    # 2,048 pixels are recommended; themes zoom into images of more than 800.
    Preset(
        "the product media of a Shopify shop",
        Rendition(80, max_width=2048, max_height=2048, name="shopify", min_side=800),
        "https://help.shopify.com/en/manual/products/product-media/product-media-types",
        20 * MB,
    ),
    # The size and the crop of WooCommerce's product grids.
    Preset(
        "a grid of products",
        Rendition(70, name="thumbnail", width=300, height=300, fit=Fit.COVER),
        "https://developer.woocommerce.com/docs/theming/theme-development/image-sizes/",
    ),
)

PRESETS = {preset.rendition.name: preset for preset in _ALL}
