"""The infusion judged by the label: one file a rule, the same rules for a charted snapshot and for live pump events."""
