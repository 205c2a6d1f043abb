"""What dose advice must know of the patient and the infusion beside the reactions themselves."""

from dataclasses import dataclass

from blinwatch.core.crs_course import CrsEpisodeStatus
from blinwatch.core.findings import DoseLevel, GapReason, LabelRegion, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseFacts:
    """Everything optional; None means "not known", never "normal". Times are ms since 1970 UTC.

    A snapshot that somebody charted (a row of a case table) is judged with empty facts. The live state fills them
    anew for every judgement; nothing of this is kept.
    """

    # The patient and the label.
    age_years: float | None = None
    weight_kg: float | None = None
    """The weight that decides the dose band: that of the cycle's start."""
    bsa_m2: float | None = None
    phase: Phase | None = None
    cycle: int | None = None
    label_region: LabelRegion | None = None
    label_version: str | None = None
    """The label revision in force at the site; None: the rulebook's own (row `label_version`)."""

    # The bag that hangs, else the ordered one.
    bag_type_h: float | None = None
    bag_label_rate_ml_h: float | None = None

    # The infusion.
    running: bool | None = None
    """True while drug flows, False while it stands in an open cycle; None when nobody knows or no cycle is on."""
    therapy_over: bool = False
    """The cycle is complete, discontinued or the patient left, and no new cycle has begun: no advice is told."""
    cycle_start_ms: int | None = None
    """First drop of the cycle in force."""
    interruption_since_ms: int | None = None
    """When the open interruption began, whatever its reason; None while drug flows and after the end."""
    interruption_reason: GapReason | None = None
    """Its reason as documented; None with `interruption_since_ms` set counts as unplanned."""
    resumed_ms: int | None = None
    """When the flow last came back after an interruption of this cycle; None: it never did, or nobody knows."""
    dose_level_now: DoseLevel | None = None
    """Whether the programmed dose is the band's low (starting) or full dose; None: neither, or unknown."""
    low_restart_since_ms: int | None = None
    """When the low-dose restart now in force began to flow; None while none is on."""
    low_restart_infused_h: float | None = None
    """Hours infused since that restart, gaps left out; None: the clock counts."""

    # What other domains know.
    crs_status: CrsEpisodeStatus | None = None
    """CRS_OPEN, CRS_RESOLVED or CRS_NONE of the live CRS course (CRS-10)."""
    seizure_count: int | None = None
    """Seizures over the whole treatment, not of this cycle alone."""
    alt_x_uln: float | None = None
    alt_ms: int | None = None
    """When the specimen was taken."""
    ast_x_uln: float | None = None
    ast_ms: int | None = None
    bili_x_uln: float | None = None
    bili_ms: int | None = None
    anc: float | None = None
    """Latest neutrophil count, 10*9/L."""
    anc_low_since_ms: int | None = None
    """Since when every count was below 0.5; None while the latest one is not."""
    pancreatitis_suspected: bool = False
    """Section F: enzyme >= 3 x ULN with pain or imaging, as long as it stands."""
    tls_clinical: bool = False
    """Section F: clinical tumour lysis, as long as it stands."""
    tls_grade: int | None = None
    """CTCAE grade of the tumour lysis, where one is known (the EU label asks for it)."""

    at_ms: int | None = None
    """The moment of judging; None (a snapshot): lengths are told, moments are not."""


NO_FACTS = DoseFacts()
