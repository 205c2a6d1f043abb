"""What a run left on the broker, and what must be true of it: the same questions for simulated and real workers."""
