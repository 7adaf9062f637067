"""Makes imports cheaper while a Lambda function starts. Each handler imports this before all else.

No garbage is collected meanwhile. Imports make some 100,000 objects, which stay for good; to search them for
garbage, again and again, takes a tenth of the time. What the build has compiled is loaded.
"""

import gc

from catalight import compiled


def finished() -> None:
    """Import as usual again, and leave what was made out of garbage collections. Handlers end with it."""
    compiled.unload()
    gc.freeze()
    gc.enable()


gc.disable()
compiled.load(compiled.FILE)
