"""The colour space of a PNG or AVIF that names it without an ICC profile, as browsers interpret it.

PNG (third edition, 4.3): cICP counts before iCCP, that before sRGB, that before gAMA and cHRM. AVIF: an ICC
profile counts before nclx. Code points are those of ITU-T H.273.
"""

import math
from functools import lru_cache

from PIL import Image

from catalight.adapters.codec.images.colour import icc, profiles
from catalight.adapters.codec.images.colour.icc import Primaries, Transfer
from catalight.adapters.codec.images.formats import png_chunks

_D65 = (0.3127, 0.3290)
_BT709 = Primaries(_D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_BT601_525 = Primaries(_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_PRIMARIES = {
    1: _BT709,
    4: Primaries((0.310, 0.316), (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),  # BT.470 system M
    5: Primaries(_D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),  # BT.601 with 625 lines
    6: _BT601_525,
    7: _BT601_525,  # SMPTE 240
    8: Primaries((0.310, 0.316), (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),  # film
    9: Primaries(_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    11: Primaries((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # DCI-P3
    12: Primaries(_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
    22: Primaries(_D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),  # EBU 3213
}
_UNSPECIFIED, _SRGB = 2, 13
_INTENTS = range(4)  # that an sRGB chunk may have
_BT709_TRANSFERS = frozenset({1, 6, 14, 15})

# In cd/m². Each channel of HDR is clipped here, near Chromium on an SDR display: twice ITU-R BT.2408's white.
_HDR_WHITE = 406.0
_HLG_PEAK = 1000.0  # in cd/m²: the display that HLG's system gamma of 1.2 is for (ITU-R BT.2100)

_SRGB_GAMMA = 0.45455  # which stands for sRGB where there are no chromaticities


def profile(image: Image.Image, data: bytes) -> object:
    """Return the ICC profile of an image whose header is read, or None for sRGB.

    A profile is built for a colour space that is named otherwise. What is not valid is ignored.
    """
    embedded: object = image.info.get("icc_profile")
    grey = image.mode in ("1", "L", "LA") or image.mode.startswith("I")
    if image.format == "PNG":
        code_points = _code_points(png_chunks.content_before_pixels(data, b"cICP"))
        if code_points:
            return _by_code_points(*code_points, grey=grey)
        if profiles.is_usable(embedded, "L" if grey else "RGB"):
            return embedded
        if image.info.get("srgb") in _INTENTS:
            return None
        return _gamma_profile(image.info.get("gamma"), image.info.get("chromaticity"), grey=grey)
    if image.format == "AVIF" and not embedded:
        return _nclx(data)
    return embedded


def _code_points(content: bytes | None) -> tuple[int, int] | None:
    """The primaries and the transfer function of a cICP chunk; None unless known, and for full-range RGB."""
    if content is None or len(content) != 4 or content[2:] != b"\0\1":
        return None
    primaries, transfer = content[0], content[1]
    known = primaries in (*_PRIMARIES, _UNSPECIFIED) and transfer in (*_TRANSFERS, _UNSPECIFIED)
    return (primaries, transfer) if known else None


def _nclx(data: bytes) -> bytes | None:
    """The profile of the first nclx colour information (ISO/IEC 14496-12, 12.1.5).

    BT.709's transfer functions count as sRGB, as in browsers: most encoders write them without meaning them.
    """
    at = data.find(b"colrnclx") + 8
    if at < 8 or len(data) < at + 4:
        return None
    primaries, transfer = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
    return _by_code_points(primaries, _SRGB if transfer in _BT709_TRANSFERS else transfer, grey=False)


def _by_code_points(primaries: int, transfer: int, *, grey: bool) -> bytes | None:
    curve = _TRANSFERS.get(_SRGB if transfer == _UNSPECIFIED else transfer)
    space = _PRIMARIES.get(1 if primaries == _UNSPECIFIED else primaries)
    if curve is None or space is None or (space is _BT709 and curve is _srgb):
        return None
    return icc.grey_profile(curve) if grey else icc.rgb_profile(space, curve)


def _gamma_profile(gamma: object, chromaticity: object, *, grey: bool) -> bytes | None:
    """The profile of gAMA and cHRM; cHRM alone says nothing of the transfer function and is ignored."""
    if not isinstance(gamma, float) or not 0.05 <= gamma <= 20:
        return None
    if not isinstance(chromaticity, tuple) or len(chromaticity) != 8:
        if math.isclose(gamma, _SRGB_GAMMA, abs_tol=0.0055):
            return None
        chromaticity = (*_BT709.white, *_BT709.red, *_BT709.green, *_BT709.blue)
    if grey:
        return icc.grey_profile(_power(gamma))
    white, red, green, blue = zip(chromaticity[::2], chromaticity[1::2], strict=True)
    try:
        return icc.rgb_profile(Primaries(white, red, green, blue), _power(gamma))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


@lru_cache(maxsize=16)  # one object per exponent, so that the profiles built from it are found again
def _power(gamma: float) -> Transfer:
    return lambda value: math.pow(value, 1 / gamma)


def _srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)


def _smpte240(value: float) -> float:
    return value / 4 if value < 0.0912863 else math.pow((value + 0.111572) / 1.111572, 1 / 0.45)


def _smpte428(value: float) -> float:
    return math.pow(value, 2.6) * 52.37 / 48


def _pq(value: float) -> float:
    """SMPTE ST 2084, of which 10,000 cd/m² is 1."""
    power = math.pow(value, 1 / 78.84375)
    linear = max(0.0, power - 0.8359375) / (18.8515625 - 18.6875 * power)
    return math.pow(linear, 1 / 0.1593017578125) * 10_000 / _HDR_WHITE


def _hlg(value: float) -> float:
    """ITU-R BT.2100's HLG, with its system gamma on each channel alone."""
    scene = value**2 / 3 if value <= 0.5 else (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return math.pow(scene, 1.2) * _HLG_PEAK / _HDR_WHITE


_TRANSFERS: dict[int, Transfer] = {
    **dict.fromkeys(_BT709_TRANSFERS, _power(1 / 2.4)),  # the display's, ITU-R BT.1886
    4: _power(1 / 2.2),
    5: _power(1 / 2.8),
    7: _smpte240,
    8: _power(1.0),
    _SRGB: _srgb,
    16: _pq,
    17: _smpte428,
    18: _hlg,
}
