"""Big uploads: files that clients send to the store themselves, and that are read into jobs in steps."""
