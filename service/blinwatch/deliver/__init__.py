"""Decisions to records of the output topics, and refused records to dead letters. Knows no broker."""
