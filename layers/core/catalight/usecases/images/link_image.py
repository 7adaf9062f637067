"""Link to one output image."""

from dataclasses import dataclass

from catalight.domain.errors import ImageNotFoundError
from catalight.domain.job import links
from catalight.usecases.ports import ObjectStore

SECONDS = 3600


@dataclass(frozen=True, slots=True)
class LinkImage:
    """Turn the stable link of the result CSV into a presigned URL, for as long as the image is kept."""

    store: ObjectStore

    def __call__(self, token: str, name: str, *, head: bool = False) -> str:
        """Raise ImageNotFoundError where nothing is stored under the link.

        `head` is for a URL to ask by HEAD.
        """
        link = f"{token}/{name}"
        key = links.image_key(link)
        if not links.is_link(link) or not self.store.exists(key):
            raise ImageNotFoundError(link)
        return self.store.link(key, SECONDS, head=head)
