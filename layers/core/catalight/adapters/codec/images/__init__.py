"""The codec's parts: each does one thing to a picture."""
