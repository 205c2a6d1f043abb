"""The infusion judged by the label: sentences a clinician can check, and what must hold for any story."""
