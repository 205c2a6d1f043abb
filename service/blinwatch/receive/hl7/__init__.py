"""HL7 v2 as hospitals speak it: frames to messages, messages to blinwatch's own events or a reason why not."""
