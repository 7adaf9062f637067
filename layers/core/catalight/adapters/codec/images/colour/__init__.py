"""Colour conversion: whatever colour space a source has, to sRGB with 8 bits per channel."""
