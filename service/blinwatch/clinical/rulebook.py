"""The rulebook: all clinical data in force, typed, with every row's citation. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass

from blinwatch.clinical.adverse_event_rules import AdverseEventRules
from blinwatch.clinical.alert_rules import AlertRules
from blinwatch.clinical.crs_rules import CrsRules
from blinwatch.clinical.ctcae_rules import CtcaeRules
from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.clinical.drug_rules import DrugRules
from blinwatch.clinical.early_warning_rules import EarlyWarningRules
from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.clinical.interaction_rules import InteractionRules
from blinwatch.clinical.lab_rules import LabRules
from blinwatch.clinical.rows import AlertCode, Row, SiteApproval
from blinwatch.clinical.vital_sign_rules import VitalSignRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """What `step` judges by. `digest` names the exact data: two workers with one digest judge alike."""

    version: str
    digest: str
    crs: CrsRules
    vitals: VitalSignRules
    infusion: InfusionRules
    alerts: AlertRules
    drugs: DrugRules
    icans: IcansRules
    ctcae: CtcaeRules
    dose: DoseRules
    interactions: InteractionRules
    labs: LabRules
    adverse_events: AdverseEventRules
    early_warning: EarlyWarningRules
    rows: Mapping[str, Row]
    citations: Mapping[str, str]
    """Rule id (CRS-7, INF-8 ...) to its citation line, as every decision carries it. Where a site protocol
    touches the rule, the line says so."""
    codes: Mapping[str, AlertCode]
    """Result code to what it says in words and which rules raise it; an aid for readers, nothing is judged by it."""
    orders: tuple[tuple[str, ...], ...]
    """Chains of rows (`crs.fever_from_c`) whose values must not fall from one to the next."""
    site: SiteApproval | None = None
    """Who answers for the site protocol; None where the rulebook is in force as published."""

    def cite(self, rule_id: str) -> str:
        """The citation of a rule; an unknown rule is a programming error and says so."""
        return self.citations[rule_id]
