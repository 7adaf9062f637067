"""The letters by which the encodings of texts are told apart, in the order in which equal guesses win.

Western Europe comes first, then those of the most speakers. The letters are those of the alphabets in
Unicode CLDR (`exemplarCharacters`), the frequent ones those that make up most of a text.
"""

from dataclasses import dataclass
from functools import cache

# ruff: noqa: RUF001 - letters that look like others are what this is about


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The letters, in lower case, that texts of one language have beside ASCII, and their codec.

    A letter in `frequent` costs nothing, another one in `letters` costs `rare`. `alone` is whether the
    language has no letters in ASCII. `unlikely` is a pattern that its words do not have. `bias` is added to
    the cost of each character.
    """

    codec: str
    letters: frozenset[str]
    frequent: frozenset[str]
    rare: float = 0.0
    alone: bool = False
    unlikely: str = ""
    bias: float = 0.0


def _latin(codec: str, letters: str, *, cost: float = 0.0, unlikely: str = "", bias: float = 0.0) -> Alphabet:
    frequent = "" if cost else letters
    return Alphabet(codec, frozenset(letters), frozenset(frequent), cost, unlikely=unlikely, bias=bias)


def _other(codec: str, letters: str, frequent: str, rare: float = 0.15) -> Alphabet:
    return Alphabet(codec, frozenset(letters + frequent), frozenset(frequent), rare, alone=True)


def _pairs(codec: str, leads: range, trails: range) -> str:
    """Return the characters of a block of a double-byte code, without those of one byte."""
    text = b"".join(bytes((lead, trail)) for lead in leads for trail in trails).decode(codec, "ignore")
    return "".join(character for character in text if character > "\x7f" and not "｡" <= character <= "ﾟ")


_GERMAN, _NORDIC = "äöüßé", "åäæöøéü"
_FRENCH, _SPANISH, _ITALIAN = "éèêëàâçîïôùûüœæÿ", "áéíóúüñ", "àèéìòù"
_PORTUGUESE, _DUTCH = "áâãàçéêíóôõúü", "ëïéèöüóá"
_WESTERN = "".join(sorted({*_GERMAN, *_NORDIC, *_FRENCH, *_SPANISH, *_ITALIAN, *_PORTUGUESE, *_DUTCH}))
_POLISH, _CZECH, _HUNGARIAN = "ąćęłńóśźż", "áčďéěíňóřšťúůýžľĺŕäô", "áéíóöőúüű"
_ROMANIAN, _CROATIAN = "ăâîşţ", "čćđšž"
_CENTRAL = (_POLISH, _CZECH, _HUNGARIAN, _ROMANIAN, _CROATIAN)
_TURKISH = "çğıİöşüâî"
_GREEK, _GREEK_FREQUENT = "βγδζθξφχψωΐΰϊϋύώή", "αοιετσνηυρπκμλςάόίέ"
_CYRILLIC, _CYRILLIC_FREQUENT = "бгжзйфхцчшщъыьэюяёіїєґўђѓѕјљњћќџ", "оеаинтсрвлкмдпу"
_KANA_SIGNS = "・ー、。「」々〜（）：！？【】"
_WIDE = "，。、！？：；（）《》【】“”—－"
_SIMPLIFIED = (
    "的一是不了在人有我他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然"
    "作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从本次开同时给长全新高老机实加第部品牌色红白"
    "黑蓝绿黄粉灰紫金银棕米男女童鞋包衣服裙裤衫帽袜表带套装件双盒桌椅床柜灯木铁钢铜布棉皮革塑料玻璃陶瓷不锈钢质材尺寸厘米克重"
    "量号型规格款式图片产名称价格数库存货产商店电脑手机充线器水杯壶碗盘锅刀具工房间厨卫浴车儿园户外运动健康美容护肤食茶酒"
)
_TRADITIONAL = (
    "的一是不了在人有我他這為之大來以個中上們到說國和地也子時道出而要於就下得可你年生自會那後能對著事其裡所去行過家十用發天如然"
    "作方成者多日都三小軍二無同麼經法當起與好看學進種將還分此心前面又定見只主沒公從本次開給長全新高老機實加第部品牌色紅白"
    "黑藍綠黃粉灰紫金銀棕米男女童鞋包衣服裙褲衫襯帽襪錶帶套裝件雙盒桌椅床櫃燈木製鐵鋼銅布棉皮革塑料玻璃陶瓷質材尺寸厘公分克重"
    "量號型規格款式圖片產名稱價數庫存貨商店電腦手充線器水杯壺碗盤鍋刀具工房間廚衛浴車兒園戶外運動健康美容護膚食茶酒"
)

_UNION = 0.12  # for a letter, if a text may be in several languages
_UNUSUAL = 0.2  # for encodings that hardly any program writes today

WITHIN_WORDS = "’·\u00a0"
COMMON_SIGNS = frozenset("°®©™€£§«»„“”‚‘’‹›–—…•·×÷±½¼¾²³µ¡¿ªº№\u00a0")


@cache  # made only if a text needs a guess: it takes a twentieth of a cold start
def alphabets() -> tuple[Alphabet, ...]:
    """Return the alphabet of each language and encoding."""
    kana = _pairs("cp932", range(0x82, 0x84), range(0x40, 0xFD)) + _KANA_SIGNS
    return (
        *(_latin("cp1252", letters) for letters in (_GERMAN, _FRENCH, _SPANISH, _ITALIAN)),
        _latin("cp1252", _PORTUGUESE, unlikely="õ(?!e)|ã(?![oes]|$)"),
        *(_latin("cp1252", letters) for letters in (_NORDIC, _DUTCH)),
        _latin("cp1252", _WESTERN, cost=_UNION),
        *(_latin("iso8859_15", letters, bias=_UNUSUAL) for letters in (_GERMAN, _FRENCH)),
        _latin("iso8859_15", _WESTERN, cost=_UNION, bias=_UNUSUAL),
        _latin("cp1254", _TURKISH),
        *(_latin("cp1250", letters) for letters in _CENTRAL),
        _latin("cp1250", "".join(_CENTRAL), cost=_UNION),
        *(_latin("iso8859_2", letters) for letters in _CENTRAL),
        _latin("iso8859_2", "".join(_CENTRAL), cost=_UNION),
        _other("cp1251", _CYRILLIC, _CYRILLIC_FREQUENT),
        _other("cp932", _pairs("cp932", range(0x88, 0x99), range(0x40, 0xFD)), kana, 0.1),
        _other("gb18030", _pairs("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF)), _SIMPLIFIED + _WIDE, 0.25),
        _other("big5", _pairs("big5", range(0xA4, 0xC7), range(0x40, 0xFF)), _TRADITIONAL + _WIDE, 0.25),
        _other("cp949", "", _pairs("euc_kr", range(0xB0, 0xC9), range(0xA1, 0xFF))),
        _other("cp1253", _GREEK, _GREEK_FREQUENT),
        _other("iso8859_7", _GREEK, _GREEK_FREQUENT),
        _other("koi8_r", _CYRILLIC, _CYRILLIC_FREQUENT),
        _latin("cp1252", "áéíóúýþæðö"),
        *(_latin("cp850", letters) for letters in (_GERMAN, _FRENCH, _SPANISH)),
        _latin("cp850", _WESTERN, cost=_UNION),
        *(_latin("mac_roman", letters) for letters in (_GERMAN, _FRENCH, _SPANISH)),
        *(_latin("cp852", letters) for letters in (_POLISH, _CZECH, _HUNGARIAN)),
        _other("cp866", _CYRILLIC, _CYRILLIC_FREQUENT),
        _other("iso8859_5", _CYRILLIC, _CYRILLIC_FREQUENT),
    )
