"""Adverse events beside CRS, ICANS and the infusion itself (section F): one file a rule, `judge.py` asks them all."""
