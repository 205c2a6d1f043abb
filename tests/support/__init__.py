"""Helpers shared by tests that talk to a broker."""
