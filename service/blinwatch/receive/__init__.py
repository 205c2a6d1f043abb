"""Bytes in, events out, or a dead letter with a reason. Knows no broker, no clock and no judgement."""
