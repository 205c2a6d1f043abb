"""The code systems our FHIR resources use, and which of our words is which of their codes.

Source:    HL7 FHIR R4 (4.0.1): value sets of DetectedIssue, Flag, Communication, Observation; HL7 terminology.
Caveats:   - what has no confirmed code elsewhere keeps our own (`urn:blinwatch:code`): CRS and ICANS grades have no
             LOINC code for the score, and no SNOMED CT code was confirmed;
           - ICD-10-CM is left out on purpose: a code of a diagnosis is for whoever diagnoses.
"""

from types import MappingProxyType

OURS = "urn:blinwatch:code"
RULES = "urn:blinwatch:rule"
ALERT_IDS = "urn:blinwatch:alert"
DECISION_IDS = "urn:blinwatch:decision"
PATIENT_IDS = "urn:blinwatch:patient"
"""The system of patients' pseudonyms, unless the hospital names its own."""
DEVICE_IDS = "urn:blinwatch:device"

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
BLINATUMOMAB_RXNORM = "1597258"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
FLAG_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
FLAG_PRIORITY = "http://hl7.org/fhir/StructureDefinition/flag-priority"
FLAG_PRIORITY_CODE = "http://terminology.hl7.org/CodeSystem/flag-priority-code"
COMMUNICATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/communication-category"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
DATA_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

FLAG_CATEGORY_OF: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {
        "crs": ("clinical", "Clinical"),
        "icans": ("clinical", "Clinical"),
        "vitals": ("clinical", "Clinical"),
        "infection": ("clinical", "Clinical"),
        "early_warning": ("clinical", "Clinical"),
        "laboratory": ("lab", "Lab"),
        "infusion": ("drug", "Drug"),
        "dose": ("drug", "Drug"),
        "monitoring": ("safety", "Safety"),
    }
)
"""Domain of an alert to the category of its Flag; a domain that is not here is `clinical`."""
FLAG_PRIORITY_OF: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {"high": ("PH", "High priority"), "medium": ("PM", "Medium priority"), "low": ("PL", "Low priority")}
)
SEVERITY_OF: MappingProxyType[str, str] = MappingProxyType(
    {"contraindicated": "high", "high": "high", "moderate": "moderate", "low": "low", "information": "low"}
)
"""Severity of an interaction, as the rulebook names it, to DetectedIssue.severity."""
URGENCY_OF: MappingProxyType[str, str] = MappingProxyType({"high": "stat", "medium": "urgent", "low": "routine"})
"""IEC 60601-1-8 priority to Communication.priority: high means at once, medium promptly (our choice)."""
