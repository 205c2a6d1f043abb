"""CTCAE beside ASTCT: each term on both sides of its limits."""
