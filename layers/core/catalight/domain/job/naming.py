"""How the images of a job are named."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Naming:
    """A template for file names, and whether they may have letters beyond ASCII."""

    template: str
    unicode: bool = False
