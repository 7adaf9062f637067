"""JPEG files (ITU-T T.81): parse marker segments and requantise DCT coefficients, without decoding pixels."""
