"""FHIR R4 and R5 resources as hospital systems send them, into blinwatch's own events."""
