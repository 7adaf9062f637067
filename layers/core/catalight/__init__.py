"""Catalight compresses the images of a product catalogue."""
