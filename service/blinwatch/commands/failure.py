"""How a command says that it cannot do what was asked."""


class CommandError(Exception):
    """A command cannot go on. The message is for a person: what was wrong, where, and what to do."""
