"""Seeded virtual patients and wards, and what shows them: the same seed tells the same story."""
