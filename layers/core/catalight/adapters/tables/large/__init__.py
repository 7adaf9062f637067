"""Workbooks that are larger than the memory: their rows are streamed, with scratch files on disk."""
