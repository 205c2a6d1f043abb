"""`blinwatch rulebook show | diff | check | cite | pages`: the clinical data in force, for those who answer for it."""

import shutil
from pathlib import Path
from typing import Annotated, Any, cast

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from blinwatch.clinical.load_rulebook import SECTIONS, load_rulebook, read_rows
from blinwatch.clinical.plain_words import row_words, unit_text, value_text
from blinwatch.clinical.rows import Row
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import SiteProtocolError, load_rulebook_in_force
from blinwatch.clinical.site_range import range_text
from blinwatch.commands.failure import CommandError
from blinwatch.commands.rulebook_find import Found, find
from blinwatch.commands.rulebook_text import Grid, mark_words, row_grid, short_value
from blinwatch.commands.rulebook_words import code_words, codes_of_rule, how_told, rows_of_rule, rule_words
from blinwatch.deliver.rulebook_change import ValueChange, changed_values, remembered_values

SiteFile = Annotated[
    Path | None,
    typer.Option(
        "--site-protocol",
        metavar="FILE",
        envvar="BLINWATCH_SITE_PROTOCOL",
        help="Put this site protocol over the rulebook first.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document for machines.")]
TABLE_WIDTH_LEAST = 100
"""Narrower, a table of clinical values is not readable; a file or pipe gets this width."""


def console() -> Console:
    """Where tables go: as wide as the terminal, and never too narrow to be read."""
    return Console(highlight=False, width=max(TABLE_WIDTH_LEAST, shutil.get_terminal_size().columns))


def show(
    what: Annotated[
        str | None, typer.Argument(help="A rule (CRS-7), a row (crs.fever_from_c) or a chapter (crs).")
    ] = None,
    site_protocol: SiteFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the rules and values in force: all chapters, or one rule, row or chapter."""
    rulebook = load_rulebook_in_force(site_protocol)
    found = find(what, rulebook)
    if as_json:
        typer.echo(_json(_document(found, rulebook)))
        return
    out = console()
    out.print(_in_force(rulebook))
    if found.kind == "rule":
        _print_rule(found.name, rulebook, out)
    elif found.kind == "row":
        _print_row(found.name, rulebook.rows[found.name], rulebook, out)
    else:
        for section in SECTIONS if found.kind == "all" else (found.name,):
            rows = {name: row for name, row in found.rows.items() if name.startswith(f"{section}.")}
            out.print(_rows_table(f"{section}: {SECTIONS[section][0]}", rows, rulebook))


def cite(
    rule: Annotated[str, typer.Argument(help="A rule id, such as CRS-7.")],
    site_protocol: SiteFile = None,
    as_json: AsJson = False,
) -> None:
    """Print the citation that decisions under a rule carry."""
    rulebook = load_rulebook_in_force(site_protocol)
    found = find(rule, rulebook)
    if found.kind != "rule":
        raise CommandError(f"'{rule}' is no rule; see `blinwatch rulebook show`")
    if as_json:
        typer.echo(_json({"rule": found.name, "citation": rulebook.cite(found.name), **_named(rulebook)}))
    else:
        typer.echo(rulebook.cite(found.name))


def check(
    site_file: Annotated[Path, typer.Argument(help="The site protocol.")],
    as_json: AsJson = False,
) -> None:
    """Check a site protocol; exit status 1 with every fault if it cannot be used."""
    try:
        rulebook = load_rulebook_in_force(site_file)
    except SiteProtocolError as error:
        if not as_json:
            raise
        typer.echo(_json({"file": site_file.name, "usable": False, "faults": error.problems}))
        raise typer.Exit(1) from error
    departures = [name for name, row in rulebook.rows.items() if row.site and row.site.departs_from_source]
    changed = sum(row.site is not None for row in rulebook.rows.values())
    if as_json:
        typer.echo(_json({"file": site_file.name, "usable": True, "faults": [], "rows": changed, **_named(rulebook)}))
        return
    named = f" ({', '.join(departures)})" if departures else ""
    typer.echo(
        f"{site_file}: can be used. It changes {changed} rows of the rulebook, {len(departures)} of them depart from "
        f"their source{named}. In force it would be {rulebook.version}, digest {rulebook.digest}. "
        f"`blinwatch rulebook diff {site_file}` shows each value."
    )


def diff(
    first: Annotated[Path, typer.Argument(help="A site protocol, or the older of two folders of clinical files.")],
    second: Annotated[Path | None, typer.Argument(help="The newer folder.")] = None,
    as_json: AsJson = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit status 1 if anything differs.")] = False,
) -> None:
    """Print value by value what a site protocol changes, or what differs between two folders of clinical files."""
    before, after, rulebook = _both_sides(first, second)
    changes = changed_values(remembered_values(before), after)
    words = _changed_words(before, after)
    if as_json:
        plain = [{field: getattr(one, field) for field in ValueChange.__slots__} for one in changes]
        typer.echo(_json({"changes": plain, "words": words, **_named(rulebook)}))
    else:
        _print_changes(changes, words, before, after)
    if exit_code and (changes or words):
        raise typer.Exit(1)


def _both_sides(first: Path, second: Path | None) -> tuple[dict[str, Row], dict[str, Row], Rulebook]:
    if second is not None:
        for folder in (first, second):
            if not folder.is_dir():
                raise CommandError(
                    f"{folder} is no folder; give a site protocol alone, or two folders of clinical files"
                )
        return read_rows(first), read_rows(second), load_rulebook()
    if first.is_dir():
        raise CommandError(f"{first} is a folder; give a second folder to compare it with, or a site protocol")
    return dict(load_rulebook().rows), *_with_site(first)


def _with_site(site_file: Path) -> tuple[dict[str, Row], Rulebook]:
    rulebook = load_rulebook_in_force(site_file)
    return dict(rulebook.rows), rulebook


def _changed_words(before: dict[str, Row], after: dict[str, Row]) -> list[str]:
    """What changed beside the values: units, rules, marks, sources."""
    told: list[str] = []
    for name in (name for name in before if name in after):
        for part, word in (("unit", "unit"), ("rules", "rules"), ("mark", "mark"), ("cite", "source")):
            old, new = getattr(before[name], part), getattr(after[name], part)
            if old != new:
                told.append(f"{name}: {word} was {_plain(old)}, is {_plain(new)}")
    return told


def _plain(part: Any) -> str:
    return ", ".join(cast("tuple[str, ...]", part)) if isinstance(part, tuple) else str(part)


def _print_changes(
    changes: tuple[ValueChange, ...], words: list[str], before: dict[str, Row], after: dict[str, Row]
) -> None:
    out = console()
    if not changes and not words:
        out.print("Nothing differs.")
        return
    table = Table(title="Values that change", title_justify="left")
    for heading in ("Row", "What", "Was", "Becomes", "Unit", "Rules", "Mark"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "Row")
    for one in changes:
        row = after.get(one.row) or before[one.row]
        mark = f"{one.mark} departs: {one.reason}" if one.i_depart_from_source else one.mark
        table.add_row(
            f"{one.row}{f' {one.entry}' if one.entry else ''}",
            row_words(row),
            "not there" if one.before is None else value_text(one.before),
            "gone" if one.after is None else value_text(one.after),
            unit_text(row.unit),
            ", ".join(row.rules),
            mark,
        )
    if changes:
        out.print(table)
    for sentence in words:
        out.print(Text(f"  {sentence}"))


def _rows_table(title: str, rows: dict[str, Row], rulebook: Rulebook, *, with_rules: bool = True) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("Row", "What", "Value", *(("Rules",) if with_rules else ()), "Mark"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "Row")
    for name, row in rows.items():
        value = short_value(row, rulebook)
        if value is None:
            value = "a table: `rulebook show` with the row's name prints it"
        rules = (", ".join(row.rules),) if with_rules else ()
        table.add_row(name, row_words(row), Text(value), *rules, Text(mark_words(row)))
    return table


def _print_rule(rule: str, rulebook: Rulebook, out: Console) -> None:
    words = rule_words(rule)
    out.print(Text(f"{rule}  {words.heading}", style="bold"))
    if words.says:
        out.print(Text(words.says))
    out.print(Text(f"Source: {rulebook.cite(rule)}"))
    for code in codes_of_rule(rule, rulebook):
        out.print(Text(f"Raises {code.code} ({code_words(code.code, rulebook)}): {how_told(code.code, rulebook)}"))
    rows = rows_of_rule(rule, rulebook)
    out.print(_rows_table("Values", rows, rulebook, with_rules=False) if rows else Text("It has no value of its own."))


def _print_row(name: str, row: Row, rulebook: Rulebook, out: Console) -> None:
    out.print(Text(f"{name}  {row_words(row)}", style="bold"))
    grid = row_grid(row, rulebook)
    if grid is not None:
        out.print(_grid_table(grid))
    lines = [
        ("Value", "" if grid is not None else short_value(row, rulebook)),
        ("Unit", row.unit),
        ("Rules", ", ".join(row.rules)),
        ("Mark", row.mark),
        ("Source", row.cite),
        ("Why", row.why),
        ("A site may choose", "" if row.range is None else range_text(row.range)),
        ("File", row.file),
    ]
    if row.site is not None:
        lines.append(("Rulebook's own", str(row.value)))
        lines.append(("Site's reason", row.site.reason))
    for heading, content in lines:
        if content:
            out.print(Text(f"  {heading:<18} {content}"))


def _grid_table(grid: Grid) -> Table:
    table = Table()
    for heading in grid.headings:
        table.add_column(heading, overflow="fold")
    for line in grid.lines:
        table.add_row(*(Text(cell) for cell in line))
    return table


def _in_force(rulebook: Rulebook) -> Text:
    site = rulebook.site
    by = "" if site is None else f"; site protocol of {site.site}, approved by {site.approved_by} on {site.approved_on}"
    return Text(f"Rulebook {rulebook.version}, digest {rulebook.digest}{by}", style="dim")


def _named(rulebook: Rulebook) -> dict[str, str]:
    return {"rulebook_version": rulebook.version, "rulebook_digest": rulebook.digest}


def _document(found: Found, rulebook: Rulebook) -> dict[str, Any]:
    rules = (
        (found.name,) if found.kind == "rule" else tuple({rule: 0 for row in found.rows.values() for rule in row.rules})
    )
    codes = {code.code: code for rule in rules for code in codes_of_rule(rule, rulebook)}
    return {
        **_named(rulebook),
        "rules": {rule: {"heading": rule_words(rule).heading, "citation": rulebook.cite(rule)} for rule in rules},
        "codes": {name: {"says": code.says, "rules": code.rules} for name, code in codes.items()},
        "rows": {name: _row_document(row) for name, row in found.rows.items()},
    }


def _row_document(row: Row) -> dict[str, Any]:
    return {
        "name": row_words(row),
        "value": row.in_force,
        "rulebook_value": row.value,
        "unit": row.unit,
        "rules": row.rules,
        "mark": row.mark,
        "cite": row.cite,
        "why": row.why,
        "range": row.range,
        "file": row.file,
        "i_depart_from_source": row.site is not None and row.site.departs_from_source,
        "site_reason": "" if row.site is None else row.site.reason,
    }


def _json(document: Any) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()


def register(app: typer.Typer) -> None:
    """Add `blinwatch rulebook`."""
    from blinwatch.commands.rulebook_pages import pages_group

    group = typer.Typer(no_args_is_help=True, help="The clinical rules and values in force, and a hospital's own.")
    group.command("show")(show)
    group.command("diff")(diff)
    group.command("check")(check)
    group.command("cite")(cite)
    group.add_typer(pages_group(), name="pages")
    app.add_typer(group, name="rulebook")
