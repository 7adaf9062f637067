"""Process a range of rows: download, compress, store and record its images."""
