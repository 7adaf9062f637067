"""A catalogue file: encoding, dialect, header, rows and image URLs."""
