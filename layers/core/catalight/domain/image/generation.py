"""The generation of the codec."""

GENERATION = 2
"""Grows whenever the codec makes other bytes of the same source and rendition.

Outputs of another generation are not used again. A test compares the codec's outputs with those of this
generation.
"""
