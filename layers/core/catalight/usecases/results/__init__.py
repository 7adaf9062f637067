"""Files that are made of a job's rows: written in steps, each by another function."""
