"""The commands of the `blinwatch` program, one file each: `register(app)` adds it."""
