"""The encodings of CSV files, by name."""

# The names that `encoding` accepts, as RFC 2978 registers them, and Python's names for them.
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    **{f"windows-{number}": f"cp{number}" for number in range(1250, 1259)},
    **{f"iso-8859-{part}": f"iso8859_{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "ibm437": "cp437",
    "ibm850": "cp850",
    "ibm852": "cp852",
    "ibm866": "cp866",
    "macintosh": "mac_roman",
    "us-ascii": "ascii",
    "tis-620": "tis_620",
}
_UTF16 = ("utf-16-le", "utf-16-be")  # as they are called if they were recognised, and not named


def codec_of(name: str) -> str:
    """Return Python's codec that writes the encoding of a file that was read, without a byte order mark.

    `name` is that of an origin. UTF-16 is little-endian if nothing is known of its byte order.
    """
    if name == "utf-8":
        return name
    if name == "utf-16":
        return _UTF16[0]
    return name if name in _UTF16 else ENCODINGS[name]
