"""What single formats need besides Pillow: their chunks, frames, masks and rarer kinds."""
