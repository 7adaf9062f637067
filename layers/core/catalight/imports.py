"""Keeps the garbage collector out of a cold start. Each Lambda handler imports this before all else.

Imports make some 100,000 objects, which stay for good. To search them for garbage, again and again, takes a
tenth of the time of the imports (`python -m bench.cold_start`).
"""

import gc

gc.disable()


def finished() -> None:
    """Collect garbage from now on, but not among what the imports made. Handlers call this at their end."""
    gc.freeze()
    gc.enable()
