"""CTCAE version 5 grades beside the ASTCT grades: cytokine release, and the neurological event."""
