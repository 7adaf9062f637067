"""A preview: a hidden job of one image, made as a caller asks and beside it as the source is."""

from dataclasses import dataclass, replace
from typing import Any, Self

from catalight.domain import texts
from catalight.domain.catalogue import catalogue, urls
from catalight.domain.errors import OptionError
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from catalight.domain.job.reuse import Reuse
from catalight.domain.job.row import Image, ImageState, Row
from catalight.usecases.jobs.submit import Submission

# As the source is: JPEG, PNG, WebP and AVIF stay what they are, and BMP and TIFF become PNG.
ORIGINAL = Rendition(100, Target.KEEP, name="original")
KEEP_DAYS = 1
HEADER = "Serial Number,Product Name,Input Image Urls"


def submission(url: str, rendition: Rendition, **terms: Any) -> Submission:
    """Return the submission of a preview; `terms` are further fields of it.

    It reuses nothing, so what it stores is its own and ends with it. Raise OptionError if `url` is not the
    URL of one image.
    """
    if fault := urls.fault(url):
        raise OptionError("url", texts.shown(url), f"the URL of an image (this one: {fault})")
    if urls.split(url) != [url]:
        raise OptionError("url", texts.shown(url), "the URL of one image")
    quoted = url.replace('"', '""')
    return Submission(
        catalogue=catalogue.parse(f'{HEADER}\n1,Preview,"{quoted}"\n'.encode()),
        sent=f"preview {url}",
        file_name="preview.csv",
        renditions=(replace(rendition, name="preview"), ORIGINAL),
        webhook_url=None,
        keep_days=KEEP_DAYS,
        reuse=Reuse(fresh=True),
        preview=True,
        **terms,
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """The two images of a preview. `state` is DONE if both are, and FAILED if one has failed."""

    image: Image
    original: Image

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return the preview whose only row this is."""
        return cls(*row.images)

    @property
    def state(self) -> ImageState:
        """What the two states come to."""
        if self.failed:
            return ImageState.FAILED
        done = self.image.link and self.original.link
        return ImageState.DONE if done else ImageState.PENDING

    @property
    def failed(self) -> Image | None:
        """The image that has failed, if one has."""
        both = self.image, self.original
        return next((image for image in both if image.state is ImageState.FAILED), None)

    @property
    def source_bytes(self) -> int:
        """The size of the source: the image that was done first has it, and the other 0."""
        return self.image.bytes_in + self.original.bytes_in
