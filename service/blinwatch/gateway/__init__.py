"""The HL7 gateway: connections, whose data it is, what waits for a patient, and the way to Kafka."""
