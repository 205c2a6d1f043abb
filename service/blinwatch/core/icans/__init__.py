"""ICANS (section C): each domain of an examination in its own file, their grade, and the course over time."""
