"""Drug interactions beside blinatumomab (rule reference section E): one file a family of rules."""
