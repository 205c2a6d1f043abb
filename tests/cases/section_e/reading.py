"""Section E read a second time, from the rule reference alone: what codes a question must give.

It knows 50 drugs by name, no table of the product, and is written rule by rule for somebody who holds the reference
beside it. Live vaccines with times on both sides of the treatment are left out: the text is silent about them.
"""

from typing import Any

Given = dict[str, Any]

LONG_ACTING = frozenset({"warfarin", "phenytoin", "methadone", "amiodarone", "phenobarbital"})
TABLE_DRUGS = LONG_ACTING | frozenset(
    [
        "ciclosporin",
        "tacrolimus",
        "sirolimus",
        "everolimus",
        "carbamazepine",
        "theophylline",
        "aminophylline",
        "clozapine",
        "fentanyl",
        "alfentanil",
        "midazolam",
        "quinidine",
        "disopyramide",
        "voriconazole",
        "itraconazole",
        "colchicine",
        "ergotamine",
        "pimozide",
        "vincristine",
        "ponatinib",
        "dasatinib",
        "imatinib",
        "venetoclax",
    ]
)
OPIOIDS = frozenset({"fentanyl", "alfentanil", "methadone", "morphine", "tramadol", "meperidine"})
SEDATIVE_H = {
    **dict.fromkeys(OPIOIDS, 6),
    **dict.fromkeys(("lorazepam", "midazolam", "gabapentin"), 12),
    **dict.fromkeys(("clozapine", "pimozide", "haloperidol"), 24),
    "diphenhydramine": 8,
    "propofol": 2,
}
IMMUNOSUPPRESSANTS = frozenset(["ciclosporin", "tacrolimus", "sirolimus", "everolimus", "mycophenolate", "ruxolitinib"])
SEIZURE_DRUGS = frozenset(
    ["theophylline", "aminophylline", "clozapine", "cefepime", "tramadol", "meperidine", "levofloxacin"]
)
HEPATOTOXIC = frozenset(["voriconazole", "itraconazole", "fluconazole", "methotrexate", "pegaspargase"])
QT_DRUGS = frozenset(
    [
        "ondansetron",
        "haloperidol",
        "methadone",
        "levofloxacin",
        "fluconazole",
        "voriconazole",
        "amiodarone",
        "sotalol",
        "quinidine",
        "disopyramide",
        "pimozide",
        "dasatinib",
    ]
)
HEART_SLOWING = frozenset(["metoprolol", "sotalol", "verapamil", "ivabradine"])
BLOOD_PRESSURE = frozenset(
    ["metoprolol", "sotalol", "verapamil", "lisinopril", "amlodipine", "furosemide", "nitroglycerin"]
)
ANTIPYRETICS = frozenset(["paracetamol", "ibuprofen", "metamizole"])
STEROIDS = frozenset(["dexamethasone", "prednisone"])
IL6_BLOCKERS = frozenset(["tocilizumab", "siltuximab"])
DRUGS = sorted(
    TABLE_DRUGS
    | frozenset(SEDATIVE_H)
    | IMMUNOSUPPRESSANTS
    | SEIZURE_DRUGS
    | HEPATOTOXIC
    | QT_DRUGS
    | HEART_SLOWING
    | BLOOD_PRESSURE
    | ANTIPYRETICS
    | STEROIDS
    | IL6_BLOCKERS
    | frozenset({"cytarabine", "digoxin", "amoxicillin"})
)
WINDOW_DAYS = {1: 9, 2: 2}
IL6_DAYS = 21
NEWBORN_DAYS = 28


class Reading:
    """The codes of one question; `incomplete` when an essential or a day is missing."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.drug: str | None = given.get("drug")
        self.codes: set[str] = set()
        self.incomplete = False
        self.not_evaluable = False
        for rule in (
            self.cyp,
            self.vaccine,
            self.steroid,
            self.il6_blocker,
            self.masking,
            self.blood_pressure,
            self.neurological,
            self.benzyl_alcohol,
            self.liver,
            self.qt,
            self.plain,
        ):
            rule()
        if self.not_evaluable:
            self.codes.add("DDI_NOT_EVALUABLE")
            self.incomplete = True
        self.codes = self.codes or {"DDI_NONE"}

    def within(self, limit_h: float) -> bool:
        """A missing time counts as within the limit."""
        hours = self.given.get("hours_since_dose")
        return hours is None or hours <= limit_h

    @property
    def crs_now(self) -> int:
        return self.given.get("crs_grade_now", 0)

    @property
    def active(self) -> bool:
        return self.drug in TABLE_DRUGS and self.within(336 if self.drug in LONG_ACTING else 48)

    def in_window(self) -> bool | None:
        """Cycle 1 days 1 to 9, cycle 2 days 1 and 2; None without a cycle."""
        cycle, day = self.given.get("cycle"), self.given.get("cycle_day")
        if cycle is None:
            return None
        if cycle not in WINDOW_DAYS:
            return False
        if day is None and "hours_since_cycle_start" in self.given:
            day = int(self.given["hours_since_cycle_start"] // 24) + 1
        if day is None:
            self.incomplete = True
            return True
        return 1 <= day <= WINDOW_DAYS[cycle]

    def cyp(self) -> None:
        if not self.active:
            return
        given = self.given
        lately = (
            given.get("hours_since_restart_or_step", 99) <= 48
            or self.crs_now >= 1
            or given.get("days_since_crs", 99) <= 7
        )
        window = self.in_window()
        if window is None:
            self.not_evaluable = True
            self.codes |= {"DDI_CYP_NTI_MOD"} if lately else set[str]()
        elif window:
            self.codes.add("DDI_CYP_NTI_HIGH")
        else:
            self.codes.add("DDI_CYP_NTI_MOD" if lately else "DDI_CYP_NTI_INFO")

    def vaccine(self) -> None:
        given = self.given
        if given.get("vaccine") != "live":
            return
        early = given.get("days_before_start", 0) >= 14
        late = "days_after_last_dose" in given and bool(given.get("b_cell_recovered"))
        if given.get("on_infusion") or not (early or late):
            self.codes.add("DDI_LIVE_VACCINE")

    def steroid(self) -> None:
        if self.drug not in STEROIDS or self.given.get("route") == "intrathecal":
            return
        purpose = self.given.get("purpose")
        fitting = (
            purpose in {"premed", "prephase", "replacement"}
            or (purpose == "crs_treatment" and self.crs_now >= 3)
            or (purpose == "neuro_treatment" and self.given.get("icans_grade_now", 0) >= 2)
        )
        self.codes.add("DDI_STEROID_OK" if fitting else "DDI_STEROID_ANTAGONISM")

    def il6_blocker(self) -> None:
        days = [self.given[name] for name in ("days_since_tocilizumab", "days_since_il6_blocker") if name in self.given]
        if self.drug in IL6_BLOCKERS and (not days or "hours_since_dose" in self.given):
            days.append(self.given.get("hours_since_dose", 0) / 24)
        if any(day <= IL6_DAYS for day in days):
            self.codes.add("MASK_IL6")
            self.codes |= {"DDI_TOCI_CYP_REBOUND"} if self.active else set[str]()

    def masking(self) -> None:
        if self.drug in ANTIPYRETICS and self.within(8):
            self.codes.add("MASK_ANTIPYRETIC")
        if self.drug in HEART_SLOWING:
            self.codes.add("MASK_BETA_BLOCKER")

    def blood_pressure(self) -> None:
        if self.drug not in BLOOD_PRESSURE:
            return
        window = True if self.crs_now >= 1 else self.in_window()
        if window is None:
            self.not_evaluable = True
        elif window:
            self.codes.add("DDI_HYPOTENSIVE")

    def neurological(self) -> None:
        given, drug = self.given, self.drug
        limit_h = SEDATIVE_H.get(drug or "")
        if limit_h is not None and drug in OPIOIDS and given.get("route") == "transdermal":
            limit_h = 24
        if given.get("running") or (limit_h is not None and self.within(limit_h)):
            self.codes.add("CONF_SEDATIVE_ICANS")
        if drug in SEIZURE_DRUGS:
            self.codes.add("DDI_SEIZURE_THRESHOLD")
        toxic = (
            given.get("route") == "intrathecal"
            or bool(given.get("cranial_rt_history"))
            or (drug == "methotrexate" and given.get("dose_g_m2", 0) >= 1)
        )
        if drug in {"methotrexate", "cytarabine"} and toxic and self.within(168):
            self.codes.add("DDI_INTRATHECAL_NEURO")

    def benzyl_alcohol(self) -> None:
        given = self.given
        if not given.get("benzyl_alcohol_source"):
            return
        preservative, bag_h = given.get("preservative"), given.get("bag_type_h")
        if preservative is None and bag_h is not None:
            preservative = bag_h == 168 or (bag_h in {72, 96} and given.get("label_region", "US") == "US")
        weight_kg, small = given.get("weight_kg"), None
        if weight_kg is not None:
            small = weight_kg < given.get("benzyl_min_weight_kg", 22.0)
        elif given.get("age_years", 99) * 365.25 < NEWBORN_DAYS:
            small = True
        if preservative and small:
            self.codes.add("DDI_BENZYL_ALCOHOL_LOAD")
        elif preservative is not False and small is not False:
            self.not_evaluable = True

    def liver(self) -> None:
        given = self.given
        harmful = self.drug in HEPATOTOXIC or (self.drug == "paracetamol" and given.get("daily_dose_g", 0) > 4)
        if harmful and max(given.get("alt_x_uln", 0), given.get("ast_x_uln", 0)) > 3:
            self.codes.add("DDI_HEPATOTOXIC")

    def qt(self) -> None:
        given = self.given
        count = given.get("qt_drug_count", 1 if self.drug in QT_DRUGS else 0)
        low = given.get("potassium_mmol_l", 9) < 3.5 or given.get("magnesium_mmol_l", 9) < 0.7
        if (given.get("qtc_ms", 0) >= 500 and count >= 1) or (count >= 2 and low):
            self.codes.add("DDI_QT")

    def plain(self) -> None:
        if self.drug == "digoxin":
            self.codes.add("DDI_PGP_INFO")
        if self.drug in IMMUNOSUPPRESSANTS:
            self.codes.add("DDI_IMMUNOSUPPRESSANT")
        if self.given.get("same_lumen"):
            self.codes.add("DDI_Y_SITE")
