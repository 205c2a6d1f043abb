"""How much one request may hold; said in the OpenAPI document as well."""

TYPES = ("Observation", "MedicationAdministration", "MedicationRequest", "DeviceMetric", "Bundle")
"""FHIR resources that have an address."""
FHIR_JSON = "application/fhir+json"
JSON, NDJSON = "application/json", "application/x-ndjson"
BATCH_BYTES_MOST = 4 * 1024 * 1024
BATCH_LINES_MOST = 2_000
"""Events of 2 kB, ten times the usual size; decoding them keeps other callers waiting for a tenth of a second."""
