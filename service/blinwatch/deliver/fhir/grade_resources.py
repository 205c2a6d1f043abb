"""A change of a CRS or ICANS grade as a FHIR Observation with its parts as components.

Caveats:   - a grade that could not be given has no value and says why; it is never 0;
           - each change is an Observation of its own: they are a history, and an older one stays true for its time;
           - the ASTCT grade is the value; another scale stands beside it under its own name, never in its place.
"""

from blinwatch.deliver.fhir import codes
from blinwatch.deliver.fhir.parts import (
    Part,
    coding,
    concept,
    device_reference,
    our_code,
    patient_reference,
    resource,
    resource_id,
)
from blinwatch.deliver.publish_decisions import GRADES_TOPIC

NAMES = {"crs": "Cytokine release syndrome grade", "icans": "Neurotoxicity (ICANS) grade"}


def grade_resources(grade: Part, *, patient_system: str) -> list[Part]:
    """The resource of one record of toxicity.grades.v1."""
    toxicity = grade["toxicity"]
    body: Part = {
        "status": "final",
        "category": [concept("graded", coding(codes.OBSERVATION_CATEGORY, "survey", "Survey"))],
        "code": concept(f"{NAMES[toxicity]} ({grade['scale']})", our_code(f"{grade['scale']}_{toxicity}".upper())),
        "subject": patient_reference(grade["patient_id"], patient_system),
        "effectiveDateTime": grade["occurred_at"],
        **_grade(grade["grade"], grade["code"], grade["because"]),
        "method": concept(f"{grade['rule_id']}: {grade['citation']}"),
        "device": device_reference(),
        "note": [{"text": text} for text in (*grade["because"], *_flags(grade["flags"]))],
        "component": [*_parts(grade), *_over_time(grade), *_other_scales(grade)],
    }
    identifier = {"system": codes.DECISION_IDS, "value": grade["decision_id"]}
    origin = (GRADES_TOPIC, grade["rule_id"])
    return [resource("Observation", resource_id("grade", grade["decision_id"]), origin, identifier, body)]


def _grade(grade: int | None, code: str, because: list[str]) -> Part:
    """The grade as a number, or why there is none."""
    if grade is not None:
        return {"valueInteger": grade}
    why = f"{code}: {'; '.join(because)}" if because else code
    return {"dataAbsentReason": concept(why, coding(codes.DATA_ABSENT, "unknown", "Unknown"), our_code(code))}


def _parts(grade: Part) -> list[Part]:
    """What each part of the examination adds."""
    found: list[Part] = []
    for part in grade["domains"]:
        code = f"{grade['toxicity']}_{part['domain']}".upper()
        value = _grade(part["grade"], f"{code}_UNKNOWN", [part["because"]])
        found.append({"code": concept(f"{part['domain']}: {part['because']}", our_code(code)), **value})
    if grade["would_be_grade"] is not None:
        code = f"{grade['toxicity']}_WOULD_BE".upper()
        would_be = concept("the grade that the signs would be worth if the fever counted", our_code(code))
        found.append({"code": would_be, "valueInteger": grade["would_be_grade"]})
    return found


def _over_time(grade: Part) -> list[Part]:
    """The same grade over 24 h, over the episode, and as announced: codes, because they may be no numbers."""
    return [
        {
            "code": concept(text, our_code(f"{grade['toxicity']}_{name}".upper())),
            "valueCodeableConcept": concept(grade[name], our_code(grade[name])),
        }
        for name, text in (
            ("worst_24h", "worst of the last 24 h"),
            ("episode_max", "worst of the episode"),
            ("announced", "as announced"),
        )
    ]


def _other_scales(grade: Part) -> list[Part]:
    return [
        {
            "code": concept(f"{one['term']} ({one['scale']})", our_code(f"{one['scale']}_{grade['toxicity']}".upper())),
            **_grade(one["grade"], one["code"], one["because"]),
        }
        for one in grade["other_scales"]
    ]


def _flags(flags: list[str]) -> list[str]:
    return [f"flags: {', '.join(flags)}"] if flags else []
