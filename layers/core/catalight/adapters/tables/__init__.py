"""Turn the bytes of a file into texts: gzip, encodings, and the cells and links of workbooks."""
