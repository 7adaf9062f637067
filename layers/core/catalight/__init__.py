"""Catalight: makes the images of a product catalogue light."""
