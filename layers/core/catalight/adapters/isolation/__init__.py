"""Processes that may do nothing but compute: what strangers send is read in them."""
