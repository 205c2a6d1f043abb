"""blinwatch: a streaming safety monitor for blinatumomab infusions."""

__version__ = "0.1.0"
