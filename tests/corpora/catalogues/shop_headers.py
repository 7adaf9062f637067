"""The headers of shops, marketplaces and feeds, as their programs write them."""

from tests.corpora.catalogues.shop import Shop

SHOPS = (
    Shop(
        "shopify",
        "Shopify",
        "Handle|Title|Body (HTML)|Vendor|Product Category|Type|Tags|Published|Option1 Name|Option1 Value|"
        "Variant SKU|Variant Grams|Variant Inventory Tracker|Variant Inventory Qty|Variant Price|"
        "Variant Compare At Price|Variant Barcode|Image Src|Image Position|Image Alt Text|SEO Title|"
        "SEO Description|Variant Image|Variant Weight Unit|Status",
        ("Image Src", "Variant Image"),
        "Variant SKU",
        "Title",
    ),
    Shop(
        "shopify-2025",
        "Shopify",
        "Title|URL handle|Description|Vendor|Product category|Type|Tags|Published on online store|Status|SKU|"
        "Barcode|Option1 name|Option1 value|Price|Compare-at price|Inventory quantity|Product image URL|"
        "Image position|Image alt text|Variant image URL|SEO title|SEO description",
        ("Product image URL", "Variant image URL"),
        "SKU",
        "Title",
    ),
    Shop(
        "woocommerce",
        "WooCommerce",
        "ID|Type|SKU|Name|Published|Is featured?|Visibility in catalog|Short description|Description|"
        "Tax status|In stock?|Stock|Regular price|Categories|Tags|Images|Parent|External URL|Position",
        ("Images",),
        "SKU",
        "Name",
        together=", ",
    ),
    Shop(
        "magento-2",
        "Magento 2",
        "sku|store_view_code|attribute_set_code|product_type|categories|product_websites|name|description|"
        "short_description|weight|price|url_key|base_image|base_image_label|small_image|small_image_label|"
        "thumbnail_image|thumbnail_image_label|swatch_image|swatch_image_label|qty|additional_images|"
        "additional_image_labels",
        ("base_image", "small_image", "thumbnail_image", "swatch_image", "additional_images"),
        "sku",
        "name",
        together=",",
    ),
    Shop(
        "prestashop",
        "PrestaShop",
        "Product ID|Active (0/1)|Name *|Categories (x,y,z...)|Price tax excluded|Tax rules ID|Reference #|"
        "Supplier reference #|EAN13|Quantity|Summary|Description|Image URLs (x,y,z...)|Image alt texts|"
        "Delete existing images (0 = No, 1 = Yes)",
        ("Image URLs (x,y,z...)",),
        "Reference #",
        "Name *",
        together=",",
        delimiter=";",
    ),
    Shop(
        "bigcommerce-3",
        "BigCommerce",
        "Item|ID|Name|Type|SKU|Options|Inventory Tracking|Current Stock|Price|Weight|Categories|Description|"
        "Internal Image URL (Export)|Image URL (Import)|Image Description|Image Sort Order|"
        "Variant Image URL",
        ("Internal Image URL (Export)", "Image URL (Import)", "Variant Image URL"),
        "SKU",
        "Name",
    ),
    Shop(
        "bigcommerce-2",
        "BigCommerce",
        "Item Type|Product ID|Product Name|Product Type|Product Code/SKU|Price|Category|"
        "Product Description|Product Image ID - 1|Product Image File - 1|Product Image Description - 1|"
        "Product Image Is Thumbnail - 1|Product Image File - 2",
        ("Product Image File - 1", "Product Image File - 2"),
        "Product Code/SKU",
        "Product Name",
    ),
    Shop(
        "opencart",
        "OpenCart",
        "product_id|name(en-gb)|categories|sku|upc|quantity|model|manufacturer|image_name|shipping|price|"
        "description(en-gb)|meta_title(en-gb)|stock_status_id|sort_order",
        ("image_name",),
        "sku",
        "name(en-gb)",
    ),
    Shop(
        "shopware-6",
        "Shopware",
        "id|parent_id|product_number|active|stock|name|description|price_net|price_gross|tax_rate|cover_media_id|"
        "cover_media_url|cover_media_title|cover_media_alt|manufacturer_name|categories|media",
        ("cover_media_url", "media"),
        "product_number",
        "name",
        together="|",
        delimiter=";",
    ),
    Shop(
        "shopware-5",
        "Shopware",
        "ordernumber|mainnumber|name|additionalText|supplier|tax|price_EK|active|description|imageUrl|main|position",
        ("imageUrl",),
        "ordernumber",
        "name",
        delimiter=";",
    ),
    Shop(
        "google-merchant",
        "Google Merchant",
        "id|title|description|link|image_link|additional_image_link|availability|price|brand|gtin|mpn|condition",
        ("image_link", "additional_image_link"),
        "id",
        "title",
        together=",",
        delimiter="\t",
    ),
    Shop(
        "google-merchant-spaces",
        "Google Merchant",
        "id|title|description|availability|link|image link|additional image link|lifestyle image link|price",
        ("image link", "additional image link", "lifestyle image link"),
        "id",
        "title",
        delimiter="\t",
    ),
    Shop(
        "meta",
        "Meta",
        "id|title|description|availability|condition|price|link|image[0].url|image[0].tag[0]|image[1].url|brand",
        ("image[0].url", "image[1].url"),
        "id",
        "title",
    ),
    Shop(
        "amazon-flat-file",
        "Amazon",
        "feed_product_type|item_sku|brand_name|item_name|external_product_id|external_product_id_type|"
        "standard_price|quantity|main_image_url|other_image_url1|other_image_url2|swatch_image_url|product_description",
        ("main_image_url", "other_image_url1", "other_image_url2", "swatch_image_url"),
        "item_sku",
        "item_name",
        delimiter="\t",
        above=(
            ("TemplateType=fptcustom", "Version=2021.0910", "TemplateSignature=R1JPQ0VSWQ==", "settings=x"),
            (
                *("Product Type", "Seller SKU", "Brand", "Product Name", "Product ID", "Product ID Type"),
                *("Price", "Quantity", "Main Image URL", "Other Image URL1", "Other Image URL2"),
                *("Swatch Image URL", "Product Description"),
            ),
        ),
    ),
    Shop(
        "amazon-2024",
        "Amazon",
        "contribution_sku#1.value|product_type#1.value|"
        "item_name[marketplace_id=A1PA6795UKMFR9][language_tag=de_DE]#1.value|"
        "main_product_image_locator[marketplace_id=A1PA6795UKMFR9]#1.media_location|"
        "other_product_image_locator_1[marketplace_id=A1PA6795UKMFR9]#1.media_location|"
        "swatch_product_image_locator[marketplace_id=A1PA6795UKMFR9]#1.media_location",
        (
            "main_product_image_locator[marketplace_id=A1PA6795UKMFR9]#1.media_location",
            "other_product_image_locator_1[marketplace_id=A1PA6795UKMFR9]#1.media_location",
            "swatch_product_image_locator[marketplace_id=A1PA6795UKMFR9]#1.media_location",
        ),
        "contribution_sku#1.value",
        "item_name[marketplace_id=A1PA6795UKMFR9][language_tag=de_DE]#1.value",
        delimiter="\t",
        above=(
            ("settings=attributeRow=5&dataRow=7&labels=4", "Nur zur internen Verwendung"),
            ("Angebotsidentität", "", "Produktidentität", "Bilder"),
            (
                *("SKU", "Produkttyp", "Artikelname", "URL des Hauptbilds", "URL eines weiteren Bilds"),
                "URL des Farbmusterbilds",
            ),
        ),
    ),
    Shop(
        "ebay-seller-hub",
        "eBay",
        "Action(SiteID=US&Country=US)|Custom label (SKU)|Category ID|Title|UPC|Price|"
        "Quantity|Item photo URL|Condition ID|Description|Format",
        ("Item photo URL",),
        "Custom label (SKU)",
        "Title",
        together="|",
        above=(
            ("#INFO", "Version=0.0.2", "Template= eBay-draft-listings-template_US", "", "", "", ""),
            ("#INFO Action and Category ID are required fields.", "", "", "", "", "", ""),
        ),
    ),
    Shop(
        "ebay-file-exchange",
        "eBay",
        "*Action|ItemID|CustomLabel|*Category|*Title|*Description|*ConditionID|PicURL|*Quantity|*Format|*StartPrice",
        ("PicURL",),
        "CustomLabel",
        "*Title",
        together="|",
    ),
    Shop(
        "etsy",
        "Etsy",
        "TITLE|DESCRIPTION|PRICE|CURRENCY_CODE|QUANTITY|TAGS|MATERIALS|IMAGE1|IMAGE2|IMAGE3|IMAGE10|"
        "VARIATION 1 TYPE|VARIATION 1 NAME|SKU",
        ("IMAGE1", "IMAGE2", "IMAGE3", "IMAGE10"),
        "SKU",
        "TITLE",
    ),
    Shop(
        "akeneo",
        "Akeneo",
        "sku|categories|enabled|family|parent|groups|name-en_US|description-en_US-ecommerce|image|picture_1|price-EUR",
        ("image", "picture_1"),
        "sku",
        "name-en_US",
        delimiter=";",
    ),
    Shop(
        "lightspeed-x",
        "Lightspeed",
        "id|handle|sku|composite_name|name|description|product_category|tags|supply_price|retail_price|"
        "brand_name|supplier_name|active|image_url",
        ("image_url",),
        "sku",
        "name",
    ),
    Shop(
        "lightspeed-c",
        "Lightspeed",
        "Internal_ID|Article_Code|Visible|Brand|Supplier|US_Title_Short|US_Description_Short|US_URL|Price|Images",
        ("Images",),
        "Article_Code",
        "US_Title_Short",
        together=",",
    ),
    Shop(
        "ecwid",
        "Ecwid by Lightspeed",
        "type|product_internal_id|product_sku|product_name|product_price|product_description|"
        "product_media_main_image_url|product_media_main_image_alt|product_media_gallery_image_url_1|"
        "product_media_gallery_image_alt_1|product_media_gallery_image_url_2",
        (
            "product_media_main_image_url",
            "product_media_gallery_image_url_1",
            "product_media_gallery_image_url_2",
        ),
        "product_sku",
        "product_name",
        delimiter=";",
    ),
    Shop(
        "wix",
        "Wix",
        "handleId|fieldType|name|description|productImageUrl|collection|sku|ribbon|price|surcharge|visible",
        ("productImageUrl",),
        "sku",
        "name",
        together=";",
    ),
    Shop(
        "squarespace",
        "Squarespace",
        "Product ID [Non Editable]|Variant ID [Non Editable]|Product Type [Non Editable]|Product URL|"
        "Title|Description|SKU|Option Name 1|Option Value 1|Price|Sale Price|Stock|Categories|Tags|Visible|"
        "Hosted Image URLs",
        ("Hosted Image URLs",),
        "SKU",
        "Title",
        together=" ",
    ),
)
