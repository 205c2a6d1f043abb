"""`blinwatch grade crs | icans`: one observation graded at the terminal, through the same door as a live patient."""

from typing import Any, cast

import orjson
import typer

from blinwatch.clinical.site_protocol import load_rulebook_in_force
from blinwatch.commands import grade_options as options
from blinwatch.commands.failure import CommandError
from blinwatch.commands.grade_answer import Answer, ask, print_answer
from blinwatch.commands.rulebook import SiteFile, console
from blinwatch.deliver.canonical_json import to_plain


def crs(
    age: options.Age = None,
    temp: options.Temp = None,
    temp_f: options.TempF = None,
    temp_site: options.Site = None,
    sbp: options.Sbp = None,
    dbp: options.Dbp = None,
    mean: options.Map = None,
    baseline_sbp: options.BaselineSbp = None,
    fluid_bolus: options.FluidBolus = None,
    vasopressor: options.Vasopressors = None,
    spo2: options.Spo2 = None,
    baseline_spo2: options.BaselineSpo2 = None,
    o2_device: options.Device = None,
    o2_flow: options.Flow = None,
    o2_reason: options.OxygenReason = None,
    vent_reason: options.SupportReason = None,
    open_episode: options.OpenEpisode = None,
    antipyretic_h: options.AntipyreticH = None,
    steroid_h: options.SteroidH = None,
    tocilizumab_d: options.TocilizumabD = None,
    fever_other: options.FeverOther = None,
    hypotension_other: options.HypotensionOther = None,
    hypoxia_other: options.HypoxiaOther = None,
    since_stop_h: options.SinceStopH = None,
    death_due_to: options.DeathDueTo = None,
    json: options.Json = None,
    site_protocol: SiteFile = None,
    output: options.Output = "text",
) -> None:
    """Grade one observation for cytokine release syndrome (ASTCT), with every part's share and the source."""
    given = {
        "age_years": age, "temperature_c": temp, "temperature_f": temp_f, "temp_site": temp_site, "sbp_mmhg": sbp,
        "dbp_mmhg": dbp, "map_mmhg": mean, "baseline_sbp_mmhg": baseline_sbp, "vasopressors": vasopressor,
        "fluid_bolus_for_hypotension": fluid_bolus, "spo2_pct": spo2, "baseline_spo2_pct": baseline_spo2,
        "o2_device": o2_device, "o2_flow_l_min": o2_flow, "o2_reason": o2_reason, "vent_reason": vent_reason,
        "crs_active": open_episode, "hours_since_antipyretic": antipyretic_h, "hours_since_steroid": steroid_h,
        "days_since_tocilizumab": tocilizumab_d, "fever_attributed_other": fever_other,
        "hypotension_attributed_other": hypotension_other, "hypoxia_attributed_other": hypoxia_other,
        "hours_since_infusion_stop": since_stop_h, "death_due_to": death_due_to,
    }  # fmt: skip
    for drug, since in (("antipyretic", antipyretic_h), ("steroid", steroid_h), ("tocilizumab", tocilizumab_d)):
        given[f"{drug}_given"] = True if since is not None else None
    _tell(ask("crs", _findings(given, json), load_rulebook_in_force(site_protocol)), output)


def icans(
    age: options.Age = None,
    ice: options.Ice = None,
    ice_not_done: options.IceNotDone = None,
    capd: options.Capd = None,
    capd_not_done: options.CapdNotDone = None,
    delay: options.Delay = None,
    baseline_ice: options.BaselineIce = None,
    loc: options.Consciousness = None,
    sedated: options.Sedated = None,
    seizure: options.SeizureKind = None,
    seizure_s: options.SeizureS = None,
    motor: options.Motor = None,
    oedema: options.Oedema = None,
    icp_sign: options.PressureSign = None,
    haemorrhage: options.Haemorrhage = None,
    due_to_haemorrhage: options.DueToHaemorrhage = None,
    death_due_to: options.DeathDueTo = None,
    json: options.Json = None,
    site_protocol: SiteFile = None,
    output: options.Output = "text",
) -> None:
    """Grade one examination for ICANS (ASTCT), with every part's share and the source."""
    given = {
        "age_years": age, "ice_score": ice, "ice_not_done_reason": ice_not_done, "capd_score": capd,
        "capd_not_done_reason": capd_not_done, "developmental_delay": delay, "baseline_ice": baseline_ice, "loc": loc,
        "sedated": sedated, "seizure": seizure, "seizure_duration_s": seizure_s, "motor_weakness": motor,
        "cerebral_edema": oedema, "icp_sign": icp_sign, "intracranial_hemorrhage": haemorrhage,
        "due_to_hemorrhage": due_to_haemorrhage, "death_due_to": death_due_to,
    }  # fmt: skip
    _tell(ask("icans", _findings(given, json), load_rulebook_in_force(site_protocol)), output)


def _findings(given: dict[str, Any], json: str | None) -> dict[str, Any]:
    """What was said, by option and in JSON together."""
    said: dict[str, Any] = {}
    if json is not None:
        try:
            document: Any = orjson.loads(json)
        except orjson.JSONDecodeError as error:
            raise CommandError(f"--json is not JSON: {error.msg} at column {error.colno}") from error
        if not isinstance(document, dict):
            raise CommandError('--json must be one object, such as {"temperature_c": 38.4, "sbp_mmhg": 82}')
        said = cast("dict[str, Any]", document)
    findings = said | {name: value for name, value in given.items() if value is not None}
    if not findings:
        raise CommandError("nothing to grade; give findings as options or with --json (see --help)")
    return findings


def _tell(answer: Answer, output: str) -> None:
    if output == "json":
        document = {"grade": to_plain(answer.grade), "alerts": [to_plain(alert) for alert in answer.alerts]}
        typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
    else:
        print_answer(answer, console())


def register(app: typer.Typer) -> None:
    """Add `blinwatch grade`."""
    group = typer.Typer(no_args_is_help=True, help="Grade one observation or examination, with the reasons.")
    group.command("crs")(crs)
    group.command("icans")(icans)
    app.add_typer(group, name="grade")
