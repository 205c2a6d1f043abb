"""The pure judgement: events in, decisions out, nothing else.

No clock, no randomness, no I/O, no logging, no pydantic, no Kafka (import-linter and
tests/test_style_law.py prove it). `step.step` is the only door.
"""
