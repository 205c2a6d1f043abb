"""The rulebook as pages for clinicians: docs/clinical, written from the clinical files and checked against them.

What:      one page a chapter: each rule in words, its source, the alerts it raises with their priority, its values with
           unit, source, mark and reason. An index of all rules, and of all alerts.
Caveats:   a value that serves several rules stands under each of them; a value that is a table of its own is printed
           once, under its first rule, and linked from the others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import typer

from blinwatch import catalogue as catalogue_module
from blinwatch.clinical.load_rulebook import Chapter, load_rulebook, read_chapters
from blinwatch.clinical.plain_words import row_words
from blinwatch.clinical.rows import AlertCode, Row
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_range import is_number, range_text
from blinwatch.commands.failure import CommandError
from blinwatch.commands.rulebook_text import Grid, row_grid, short_value
from blinwatch.commands.rulebook_words import all_flags, codes_of_rule, how_told, rows_of_rule, rule_words

PAGES = Path("docs/clinical")
INDEX = "README.md"
RULES_PAGE, ALERTS_PAGE = "rules.md", "alerts.md"
GENERATED = (
    "<!-- Generated from the clinical files by `blinwatch rulebook pages write`: change those, not this page. -->"
)
TABLE_BEGIN = "<!-- pages:begin (written by `blinwatch rulebook pages write`) -->"
TABLE_END = "<!-- pages:end -->"
_SOURCE_WORDS = {
    "paper": "Paper",
    "publisher": "Publisher",
    "pages_read": "Pages read",
    "tables_read": "Tables read",
    "reference": "Reference",
    "standard": "Standard",
    "caveat": "Caution",
}


@dataclass(frozen=True)
class Book:
    """The rulebook with what its chapters say of themselves."""

    rulebook: Rulebook
    chapters: tuple[Chapter, ...]
    homes: Mapping[str, Chapter] = field(init=False)
    """Rule to the chapter that is its home."""

    def __post_init__(self) -> None:
        homes: dict[str, Chapter] = {}
        for chapter in self.chapters:
            for rule in chapter.rules:
                homes.setdefault(rule, chapter)
        object.__setattr__(self, "homes", homes)

    @cached_property
    def places(self) -> Mapping[str, str | None]:
        """Row to the rule under which its table is printed; None: at the end of the chapter's own page."""
        return {name: self._place(name, row) for name, row in self.rulebook.rows.items()}

    def _place(self, name: str, row: Row) -> str | None:
        section = name.partition(".")[0]
        return next((rule for rule in row.rules if self.homes[rule].section == section), None)

    def link(self, rule: str, here: Chapter | None = None) -> str:
        """A rule as a link to its place."""
        home = self.homes[rule]
        page = "" if here is not None and here.section == home.section else page_of(home)
        return f"[{rule}]({page}#{anchor(rule)})"


def page_of(chapter: Chapter) -> str:
    """The file name of a chapter's page."""
    return chapter.file.removesuffix(".yaml").replace("_", "-") + ".md"


def anchor(name: str) -> str:
    """Where a rule or row stands on its page."""
    return name.lower().replace(".", "-").replace("_", "-")


def pages(root: Path) -> dict[Path, str]:
    """Every generated page of a checkout and what it must hold; the index keeps its own words around the table."""
    book = Book(load_rulebook(), read_chapters())
    folder = root / PAGES
    documents = {folder / page_of(chapter): chapter_page(chapter, book) for chapter in book.chapters}
    documents[folder / RULES_PAGE] = rules_page(book)
    documents[folder / ALERTS_PAGE] = alerts_page(book)
    index = folder / INDEX
    try:
        documents[index] = _with_table(index.read_text(encoding="utf-8"), index_table(book))
    except (OSError, ValueError) as error:
        raise CommandError(f"{PAGES / INDEX}: {error}") from error
    return documents


def _with_table(page: str, table: str) -> str:
    before, begin, rest = page.partition(TABLE_BEGIN)
    _, end, after = rest.partition(TABLE_END)
    if not begin or not end:
        raise ValueError(f"the page needs the lines '{TABLE_BEGIN}' and '{TABLE_END}'")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


# --- one chapter -----------------------------------------------------------------------------------------


def chapter_page(chapter: Chapter, book: Book) -> str:
    """One page: where it comes from, its rules, and values of it that serve rules of other pages."""
    lines = [f"# {chapter.source.get('title', chapter.section)}", "", GENERATED, ""]
    lines += [f"- {_SOURCE_WORDS[key]}: {said}" for key, said in chapter.source.items() if key in _SOURCE_WORDS]
    lines += ["", f"What the marks mean, and how a hospital changes a value: [{INDEX}]({INDEX}).", ""]
    rules = [rule for rule in chapter.rules if book.homes[rule] is chapter]
    for rule in rules:
        lines += _rule(rule, chapter, book)
    further = {
        name: row
        for name, row in book.rulebook.rows.items()
        if name.startswith(f"{chapter.section}.") and book.places[name] is None
    }
    if further:
        lines += ["## Values for rules of other pages", ""]
        lines += _values(further, chapter, book, None, with_rules=True)
    return "\n".join(lines).rstrip() + "\n"


def _rule(rule: str, chapter: Chapter, book: Book) -> Iterator[str]:
    words = rule_words(rule)
    yield f'<a id="{anchor(rule)}"></a>'
    yield ""
    yield f"## {rule}: {words.heading}" if words.heading != rule else f"## {rule}"
    yield ""
    if words.says:
        yield words.says
        yield ""
    yield f"Source: {_cell(book.rulebook.cite(rule))}."
    yield ""
    codes = codes_of_rule(rule, book.rulebook)
    if codes:
        yield "| It tells | How | Code |"
        yield "|---|---|---|"
        yield from (_code_line(code, book.rulebook) for code in codes)
        yield ""
    rows = rows_of_rule(rule, book.rulebook)
    if rows:
        yield from _values(rows, chapter, book, rule, with_rules=False)
    else:
        yield "It has no value of its own: it says how the other rules work together."
        yield ""


def _code_line(code: AlertCode, rulebook: Rulebook) -> str:
    return f"| {_cell(_sentence(code.says))} | {how_told(code.code, rulebook)} | `{code.code}` |"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".")


def _values(
    rows: Mapping[str, Row], chapter: Chapter, book: Book, rule: str | None, *, with_rules: bool
) -> Iterator[str]:
    """The table of values, then each value that is a table of its own and is at home here."""
    yield f"| What | Value | A hospital may choose | {'Rules | ' if with_rules else ''}Source | Mark | Why |"
    yield f"|---|---|---|{'---|' if with_rules else ''}---|---|---|"
    grids: list[tuple[str, Row, Grid]] = []
    for name, row in rows.items():
        value = short_value(row, book.rulebook)
        if value is None:
            grid = row_grid(row, book.rulebook)
            at_home = book.places[name] == rule and name.startswith(f"{chapter.section}.")
            if grid is not None and at_home:
                grids.append((name, row, grid))
            value = f"see table [{row_words(row)}]({_grid_page(name, chapter, book)}#{anchor(name)})"
        served = f"{', '.join(book.link(one, chapter) for one in row.rules)} | " if with_rules else ""
        told = (_sentence(row_words(row)), value, _choice(row), served + _cell(row.cite), row.mark, row.why)
        yield "| " + " | ".join(part if part == told[3] else _cell(part) for part in told) + " |"
    yield ""
    for name, row, grid in grids:
        yield from _grid(name, row, grid)


def _grid_page(name: str, here: Chapter, book: Book) -> str:
    section = name.partition(".")[0]
    if section == here.section:
        return ""
    return page_of(next(chapter for chapter in book.chapters if chapter.section == section))


def _grid(name: str, row: Row, grid: Grid) -> Iterator[str]:
    yield f'<a id="{anchor(name)}"></a>'
    yield ""
    yield f"**{_sentence(row_words(row))}** {row.mark}"
    yield ""
    yield "| " + " | ".join(_cell(_sentence(heading)) for heading in grid.headings) + " |"
    yield "|" + "---|" * len(grid.headings)
    for line in grid.lines:
        yield "| " + " | ".join(_cell(part) for part in line) + " |"
    yield ""


def _choice(row: Row) -> str:
    """What a site protocol may put in the place of a value without departing from a source."""
    if not row.is_own_choice:
        return ""
    if row.range is not None:
        return range_text(row.range)
    return "half to double" if is_number(row.value) and row.value else ""


def _cell(text: str) -> str:
    """Text that stays in its cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


# --- what leads to the chapters --------------------------------------------------------------------------


def index_table(book: Book) -> str:
    """The chapters, for the index page."""
    lines = ["| page | rules |", "|---|---|"]
    for chapter in book.chapters:
        rules = [rule for rule in chapter.rules if book.homes[rule] is chapter]
        told = ", ".join(rules) if rules else "values for rules of other pages"
        lines.append(f"| [{chapter.source.get('title', chapter.section)}]({page_of(chapter)}) | {told} |")
    lines.append(f"| [All rules]({RULES_PAGE}) | every rule with its subject |")
    lines.append(f"| [All alerts and advice]({ALERTS_PAGE}) | every code with its words, priority and rules |")
    return "\n".join(lines)


def rules_page(book: Book) -> str:
    """Every rule with its subject."""
    lines = ["# All rules", "", GENERATED, "", "| Rule | About | What it does |", "|---|---|---|"]
    for chapter in book.chapters:
        for rule in (rule for rule in chapter.rules if book.homes[rule] is chapter):
            words = rule_words(rule)
            lines.append(f"| {book.link(rule)} | {_cell(words.heading)} | {_cell(words.says)} |")
    return "\n".join(lines) + "\n"


def alerts_page(book: Book) -> str:
    """Every code that reaches people, most urgent first."""
    rulebook = book.rulebook
    lines = [
        "# All alerts and advice",
        "",
        GENERATED,
        "",
        "Priorities follow IEC 60601-1-8: high where death or irreversible injury may come at once or soon, medium",
        "where reversible injury may come soon, low where harm would be delayed.",
        "",
        "| It tells | How | Rules | Code |",
        "|---|---|---|---|",
    ]
    urgency = {"high": 0, "medium": 1, "low": 2}
    told = {code: how_told(code, rulebook) for code in rulebook.codes}
    for code in sorted(rulebook.codes.values(), key=lambda one: urgency.get(told[one.code].split()[0], len(urgency))):
        rules = ", ".join(book.link(rule) for rule in code.rules)
        lines.append(f"| {_cell(_sentence(code.says))} | {told[code.code]} | {rules} | `{code.code}` |")
    lines += [
        "",
        "## Marks on a result",
        "",
        "A grade or verdict can carry these marks.",
        "",
        "| It means | Mark |",
        "|---|---|",
    ]
    lines += [f"| {_sentence(words)} | `{flag}` |" for flag, words in all_flags().items()]
    return "\n".join(lines) + "\n"


# --- commands --------------------------------------------------------------------------------------------


def differences(root: Path) -> list[str]:
    """How the pages of a checkout differ from the clinical files, a sentence each."""
    expected = pages(root)
    found: list[str] = []
    for path, text in expected.items():
        name = path.relative_to(root).as_posix()
        if not path.exists():
            found.append(f"{name} is missing")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"{name} is not what the clinical files say")
    others = sorted(set((root / PAGES).glob("*.md")) - set(expected))
    stale = [path for path in others if GENERATED in path.read_text(encoding="utf-8")]
    return found + [f"{path.relative_to(root).as_posix()} belongs to no chapter" for path in stale]


def write_pages() -> None:
    """Write docs/clinical anew from the clinical files."""
    root = _checkout()
    for path, text in pages(root).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            typer.echo(f"wrote {path.relative_to(root).as_posix()}")


def check_pages() -> None:
    """Compare docs/clinical with the clinical files; exit status 1 if any page differs."""
    found = differences(_checkout())
    for sentence in found:
        typer.echo(sentence)
    if found:
        typer.echo("Run `blinwatch rulebook pages write`, read the difference, and commit it.")
        raise typer.Exit(1)
    typer.echo("The clinical pages are what the clinical files say.")


def pages_group() -> typer.Typer:
    """`write` and `check`."""
    group = typer.Typer(no_args_is_help=True, help="Write or check the clinical pages of a checkout.")
    group.command("write")(write_pages)
    group.command("check")(check_pages)
    return group


def _checkout() -> Path:
    root = Path(catalogue_module.__file__).resolve().parents[2]
    if not (root / PAGES / INDEX).is_file():
        raise CommandError(
            "clinical pages are written and checked in a checkout of the project; this is an installation"
        )
    return root
