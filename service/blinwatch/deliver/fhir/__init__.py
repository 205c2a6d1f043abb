"""Our decisions as FHIR R4 resources. Pure: a record in, resources as plain JSON out, the same every time."""
