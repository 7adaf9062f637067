"""Images of a job with the same bytes: one output is kept, and the others link to it."""

from collections.abc import Mapping
from dataclasses import dataclass

from catalight.domain.job import reuse
from catalight.domain.job.job import Job
from catalight.domain.job.row import Image, ImageState
from catalight.usecases.images.work import Place, Recall
from catalight.usecases.ports import Sources

type Images = dict[Place, Image]


@dataclass(frozen=True, slots=True)
class ShareBytes:
    """Link images to the recorded output of another image of the job with the same bytes.

    If the job has a template for names, only images with the same name in their link share an output.
    This is one query for a range, made when its outputs are stored: asking before each image would cost every
    image a query, and few images are repeated under another URL. What an image has stored for itself is
    removed when the run ends. Two ranges at the same moment may both keep an output.
    """

    sources: Sources

    def __call__(self, job: Job, images: Mapping[Place, Image], recall: Recall) -> tuple[Images, Images]:
        """Return the images that can be recorded, and those with the same bytes as one of them."""
        ids = {
            at: reuse.bytes_id(job.id, image.rendition, image.digest, recall.stems.get(at))
            for at, image in images.items()
            if image.state is ImageState.DONE and image.digest and not image.lent
        }
        recorded = self.sources.firsts(list(set(ids.values())))
        ready: Images = {}
        others: Images = {}
        taken = set[bytes]()
        for at, image in sorted(images.items()):
            same = ids.get(at)
            if same is None:
                ready[at] = image
            elif first := recorded.get(same):
                ready[at] = image.with_bytes_of(first.link)
                recall.origins[at] = first.maker, first.stored_at
                if image.link:
                    recall.made[at] = image.link
            elif same in taken:
                others[at] = image
            else:
                taken.add(same)
                ready[at] = image
        return ready, others
