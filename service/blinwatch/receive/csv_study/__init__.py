"""Tables of retrospective studies, by a mapping that says what each column is, into events."""
