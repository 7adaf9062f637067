"""The steps of the codec, one module each."""
