"""ICANS: examinations as sentences a clinician can check, and what must hold for any course."""
