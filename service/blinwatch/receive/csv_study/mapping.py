"""What the columns of a table are: a YAML file that somebody who knows the table writes. docs/operating/import-csv.md.

Nothing is taken from a column's name, and no unit is assumed: a numeric field whose name ends with a unit needs the
column's unit to be written down, and the two must be the same, or a factor must stand beside it.
"""

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)
_Name = Annotated[str, Field(min_length=1, max_length=200)]
Cell = str | int | float | bool
EVENTS_A_ROW_MOST = 20
MAPPING_BYTES_MOST = 256 * 1024


class MappingError(Exception):
    """A mapping or its table cannot be used at all; the message says what to mend."""


class Origin(BaseModel):
    """Where one field comes from: a column, or the same value in every row."""

    model_config = _STRICT

    column: _Name | None = None
    value: Cell | None = None
    unit: str | None = None
    """Of the column, as a UCUM code."""
    multiply: float | None = None
    """Brings the column's unit to the field's."""
    values: dict[str, Cell] | None = None
    """What stands in the cell to what the field is to be; any other text refuses the row."""
    required: bool = False
    """An empty cell refuses the row; otherwise the field is left out."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "Origin":
        if (self.column is None) == (self.value is None):
            raise ValueError("needs either a column or a value")
        return self


class When(BaseModel):
    """The column or columns that say when."""

    model_config = _STRICT

    column: _Name | list[_Name]
    """Several, such as date and time, are joined by a space."""
    format: str = "iso"
    """`iso`, or a format of strptime such as `%d.%m.%Y %H:%M`."""
    zone: str | None = None
    """For times without an offset, such as Europe/Berlin."""
    ambiguous: Literal["refuse", "first", "second"] = "refuse"
    """Of the hour that comes twice at the end of summer time."""

    @property
    def columns(self) -> list[str]:
        """The columns, however many."""
        return [self.column] if isinstance(self.column, str) else list(self.column)

    @model_validator(mode="after")
    def _has_an_hour(self) -> "When":
        if self.format != "iso" and not any(part in self.format for part in ("%H", "%I", "%X", "%c")):
            raise ValueError("the format has no hour (%H): a date alone cannot be ordered among heart rates")
        return self

    @model_validator(mode="after")
    def _zone_exists(self) -> "When":
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(f"'{self.zone}' is no time zone; write one such as Europe/Berlin") from None
        return self


class Whose(BaseModel):
    """The patient's pseudonym, or the identifier that a key makes one of."""

    model_config = _STRICT

    column: _Name | None = None
    value: _Name | None = None
    authority: str = ""
    """As the gateway's `--authority`, where a pseudonym key is given."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "Whose":
        if (self.column is None) == (self.value is None):
            raise ValueError("needs either a column or a value")
        return self


class EventPlan(BaseModel):
    """One event that a row may hold; a row in which all its columns are empty has none."""

    model_config = _STRICT

    type: _Name
    fields: Annotated[dict[str, Origin], Field(min_length=1)]
    """Field to origin; `findings.obs_age_h` reaches into a part."""
    time: When | None = None
    """Where it is not the row's."""


class TableMapping(BaseModel):
    """One table."""

    model_config = _STRICT

    table: _Name
    """The file, seen from the mapping's folder."""
    source: Annotated[str, Field(min_length=1, max_length=100)]
    """As it will stand in each event. No name of a patient, and not the file's: files are named after patients."""
    patient: Whose
    time: When
    events: Annotated[list[EventPlan], Field(min_length=1, max_length=EVENTS_A_ROW_MOST)]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8-sig"
    missing: list[str] = Field(default_factory=list[str])
    """Words that mean an empty cell, such as NA."""


def read_mapping(path: Path) -> TableMapping:
    """The mapping in a file. Raises `MappingError`."""
    try:
        text = path.read_bytes()
        if len(text) > MAPPING_BYTES_MOST:
            raise MappingError(f"{path}: has more than {MAPPING_BYTES_MOST} bytes; is this the mapping or the table?")
        written: Any = yaml.safe_load(text)
        return TableMapping.model_validate(written)
    except OSError as error:
        raise MappingError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            raise MappingError(f"{path}: {place}: {first['msg'].removeprefix('Value error, ')}") from error
        raise MappingError(
            f"{path}: is no YAML: {str(error).splitlines()[0] if str(error) else 'unreadable'}"
        ) from error
