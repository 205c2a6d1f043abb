"""Every reader of what strangers send, given what no stranger would send."""
