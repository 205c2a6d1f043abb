"""`blinwatch cases FILE.csv`: clinical cases through the same `step` as a live patient, judged row by row."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import load_rulebook_in_force
from blinwatch.commands.rulebook import SiteFile
from blinwatch.core.patient_state import PatientState, new_patient
from blinwatch.core.step import present, step
from blinwatch.core.tell_status import tell_status
from blinwatch.receive.case_table import PATIENT, Case, UnreadableRow, read_cases

NO_ADVICE = "DM_NOT_ADVISED"
NO_ANSWER = "DDI_NOT_ASKED"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One row as judged: what came out beside what was expected, and why."""

    id: str
    domain: str
    rule: str
    passed: bool
    expected: str
    actual: str
    flags_missing: tuple[str, ...]
    flags: tuple[str, ...]
    because: tuple[str, ...]


def judge(case: Case | UnreadableRow, rulebook: Rulebook) -> CaseResult:
    """Run one case through `step` and compare; a row that cannot be read has failed."""
    if isinstance(case, UnreadableRow):
        return CaseResult(
            id=case.case_id,
            domain=case.domain,
            rule=case.rule,
            passed=False,
            expected=case.expected,
            actual="UNREADABLE",
            flags_missing=(),
            flags=(),
            because=(case.reason,),
        )
    state = new_patient(PATIENT)
    for event in case.events:
        state, _ = step(state, event, rulebook)
    actual, flags, because = _verdict(state, case, rulebook)
    missing = tuple(flag for flag in case.flags if flag not in flags)
    return CaseResult(
        id=case.case_id,
        domain=case.domain,
        rule=case.rule,
        passed=actual == case.expected and not missing,
        expected=case.expected,
        actual=actual,
        flags_missing=missing,
        flags=flags,
        because=because,
    )


def _verdict(state: PatientState, case: Case, rulebook: Rulebook) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Result code, flags and reasons, read from the status that a ward board would show."""
    status = tell_status(present(state, rulebook), None, rulebook)
    if case.domain == "CRS":
        return str(getattr(status.crs, case.query)), status.crs.flags, status.crs.because
    if case.domain == "ICANS":
        return str(getattr(status.icans, case.query)), status.icans.flags, status.icans.because
    if case.domain == "INFUSION":
        return status.infusion.headline, status.infusion.flags, status.infusion.because
    if case.domain == "DOSE_MOD":
        advice = status.dose
        return (
            (NO_ADVICE, (), ("no reaction was charted",))
            if advice is None
            else (advice.code, advice.flags, advice.because)
        )
    answer = status.interactions.answer
    if answer is None:
        return NO_ANSWER, (), ("nothing was asked",)
    return (
        answer.headline,
        (*answer.flags, *(one.code for one in answer.findings)),
        tuple(one.because for one in answer.findings),
    )


def _print_table(results: list[CaseResult], console: Console) -> None:
    table = Table(title="Clinical cases")
    for heading in ("Domain", "Passed", "Failed"):
        table.add_column(heading, justify="left" if heading == "Domain" else "right")
    passed = Counter(result.domain for result in results if result.passed)
    total = Counter(result.domain for result in results)
    for domain in total:
        table.add_row(domain, str(passed[domain]), str(total[domain] - passed[domain]))
    table.add_row("all", str(passed.total()), str(total.total() - passed.total()), style="bold")
    console.print(table)
    for result in results:
        if not result.passed:
            console.print(
                f"[bold]{result.id}[/bold] {result.domain} {result.rule}: expected {result.expected}, "
                f"got {result.actual}"
            )
            if result.flags_missing:
                console.print(f"    flags missing: {', '.join(result.flags_missing)}; reported: {result.flags}")
            for sentence in result.because:
                console.print(f"    because {sentence}", markup=False)


def cases(
    file: Annotated[Path, typer.Argument(help="Case table (CSV).", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for machines.")] = False,
    domain: Annotated[
        list[str] | None,
        typer.Option("--domain", help="Only this domain (CRS, ICANS, INFUSION, DOSE_MOD, DDI)."),
    ] = None,
    site_protocol: SiteFile = None,
) -> None:
    """Judge a table of clinical cases; exit status 1 if any case fails."""
    rulebook = load_rulebook_in_force(site_protocol)
    wanted = {name.upper() for name in domain} if domain else None
    results = [judge(case, rulebook) for case in read_cases(file) if wanted is None or case.domain in wanted]
    failed = sum(not result.passed for result in results)
    if as_json:
        document = {
            "file": file.name,
            "rulebook": {"version": rulebook.version, "digest": rulebook.digest},
            "passed": len(results) - failed,
            "failed": failed,
            "cases": [asdict(result) for result in results],
        }
        typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
    else:
        _print_table(results, Console())
    if failed:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add `blinwatch cases`."""
    app.command()(cases)
