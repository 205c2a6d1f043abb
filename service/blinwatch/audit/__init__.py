"""The audit's seals: whoever changes, removes or reorders one of its records is found out."""
