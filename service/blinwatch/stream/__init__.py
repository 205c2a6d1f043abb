"""The Faust application: partitions, batches, patient states and their changelog, commits, ticks."""
