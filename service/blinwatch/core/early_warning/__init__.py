"""Trend and early warning: vital signs that rise against the patient's own baseline before CRS grade 1."""
