"""The gateway's HTTP side: events as JSON, and FHIR resources, for systems that speak neither Kafka nor HL7 v2."""
