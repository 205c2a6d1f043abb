"""Alerts on their way out of the house's Kafka: to pagers, alarm managers, FHIR servers and on-call systems."""
