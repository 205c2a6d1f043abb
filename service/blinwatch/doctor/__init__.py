"""Checks a running installation from outside, end to end."""
