"""Exports: the result of a job in another form than it was written in, made when first asked for."""
