"""Dose advice for adverse reactions: section D, one file a family of reactions; advice, never an order."""
