"""Laboratory results: their codes and units, what is remembered of them, and what they are worth as evidence."""
