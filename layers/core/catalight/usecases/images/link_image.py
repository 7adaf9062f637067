"""Link to one output image."""

from dataclasses import dataclass

from catalight.domain.errors import ImageNotFoundError
from catalight.domain.job import links
from catalight.usecases.ports import ObjectStore

LINK_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class LinkImage:
    """Turn the stable link of the result into a presigned URL, for as long as the image is kept."""

    store: ObjectStore

    def __call__(self, token: str, name: str, *, head: bool = False) -> str:
        """Return the URL, for HEAD requests if `head` is true.

        Raise ImageNotFoundError if nothing is stored under the link.
        """
        link = f"{token}/{name}"
        key = links.image_key(link)
        if not links.is_link(link) or not self.store.exists(key):
            raise ImageNotFoundError(link)
        return self.store.link(key, LINK_SECONDS, head=head)
