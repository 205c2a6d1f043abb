"""Dose advice, section D."""
