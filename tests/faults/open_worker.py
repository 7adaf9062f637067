"""A worker that hides nothing: `python -m tests.faults.open_worker`, in place of local.runner.worker.

To kill the worker that calls a host, `peers` looks through the descriptors of all. The image function hides
its own from everybody but root once it has started the codec. Files of big uploads are read in small steps.
"""

import os

from catalight.adapters.isolation import cage
from local.runner import worker


def hide_memory() -> None:
    """Take the place of a step of the cage."""


if __name__ == "__main__":
    cage.hide_memory = hide_memory
    if os.environ["_HANDLER"].startswith("functions.ingest."):
        from tests.faults import small_steps

        small_steps.install()
    worker.main()
