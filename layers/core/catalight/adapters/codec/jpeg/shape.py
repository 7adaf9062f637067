"""What `python -m bench.shape` found: do not change it by hand.

Quantisation steps in percents of those in look.py, of luma and of chroma. Each is for the coefficients from
one index in zigzag order up to the next.
"""

LUMA_FROM = (0, 1, 3, 6, 10, 15, 21, 28, 36, 49)
CHROMA_FROM = (0, 1, 3, 10, 28)
# At a nominal quality of 50 or below, and of 90 or above.
LOW = ((85, 92, 148, 148, 126, 126, 100, 85, 72, 100), (85, 100, 117, 100, 100))
HIGH = ((100, 100, 187, 202, 160, 137, 100, 85, 57, 36), (137, 100, 117, 108, 72))
