"""The renditions that shops ask for, as long as the domain has no table of them."""

from dataclasses import dataclass

from catalight.domain.image.rendition import Fit, Rendition

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Preset:
    """A rendition, and the most bytes that its shop accepts."""

    rendition: Rendition
    max_bytes: int | None = None


_ALL = (
    Preset(Rendition(80, name="amazon-main", width=2000, height=2000, fit=Fit.PAD, min_side=1000), 10 * MB),
    Preset(Rendition(80, name="google-shopping", max_width=1500, max_height=1500, min_side=500), 16 * MB),
    Preset(Rendition(80, name="shopify", max_width=2048, max_height=2048, min_side=800), 20 * MB),
    Preset(Rendition(70, name="thumbnail", width=300, height=300, fit=Fit.COVER)),
)

PRESETS = {preset.rendition.name: preset for preset in _ALL}
