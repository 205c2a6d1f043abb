"""Reviewed clinical knowledge as data, with its citations, and the types it is loaded into."""
