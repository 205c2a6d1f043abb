"""An HL7 v2 message in memory: segments, fields, repetitions, components, escapes, character sets, batches.

What:      reads what the standard's encoding rules (chapter 2) say, and what senders make of it.
Caveats:   - segments end with CR; LF and CR LF are taken too, because many engines write them.
           - MSH-18 names the character set. Without it UTF-8 is tried, then Latin-1: a German or French sender that
             says nothing is far more common than one that sends neither.
           - what is asked for and absent is "" (an empty field and a missing one are the same in HL7 v2); `""`, HL7's
             own word for "delete this value", stays as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from blinwatch.receive.hl7.refusal import Hl7Error

SEGMENTS_MOST = 20_000
"""A monitor's snapshot has some hundred; a batch of a laboratory some thousand."""
_HEADER_SHORTEST = len("MSH|^~\\&")
_SEGMENT_END = re.compile(r"\r\n|\r|\n")
_SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_WITHOUT_NAME = ("", "ASCII", "ISO IR6")
_CODECS = MappingProxyType(
    {
        "UNICODE UTF-8": "utf-8",
        "UNICODE": "utf-8",
        "UTF-8": "utf-8",
        "8859/1": "latin-1",
        "8859/2": "iso8859-2",
        "8859/3": "iso8859-3",
        "8859/4": "iso8859-4",
        "8859/5": "iso8859-5",
        "8859/6": "iso8859-6",
        "8859/7": "iso8859-7",
        "8859/8": "iso8859-8",
        "8859/9": "iso8859-9",
        "8859/15": "iso8859-15",
        "GB 18030-2000": "gb18030",
        "BIG-5": "big5",
        "KS X 1001": "euc-kr",
        "ISO IR14": "shift_jis",
        "ISO IR87": "iso2022_jp",
        "ISO IR159": "iso2022_jp_1",
    }
)
"""HL7 table 0211 to Python's codecs, as far as a codec keeps the delimiters single bytes below 128."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters that a message declares in MSH-1 and MSH-2."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; fields are numbered as in the standard, from 1."""

    name: str
    number: int
    """The how-manieth segment of this name in its message, from 1: `OBX[3]`."""
    fields: tuple[str, ...]
    """Raw; `fields[0]` is field 1."""
    marks: Delimiters

    def where(self, field: int) -> str:
        """A position in HL7's own notation."""
        return f"{self.name}[{self.number}]-{field}"

    def raw(self, field: int) -> str:
        """A field as it was sent; "" where it is absent."""
        return self.fields[field - 1] if 0 < field <= len(self.fields) else ""

    def repetitions(self, field: int) -> tuple[str, ...]:
        """The raw repetitions of a field; none where it is empty."""
        raw = self.raw(field)
        return tuple(raw.split(self.marks.repetition)) if raw else ()

    def text(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """One value, escapes resolved; "" where it is absent."""
        repeated = self.repetitions(field)
        if repetition > len(repeated):
            return ""
        return self.part(repeated[repetition - 1], component, subcomponent)

    def part(self, raw: str, component: int = 1, subcomponent: int = 1) -> str:
        """One value of a raw repetition."""
        for mark, number in ((self.marks.component, component), (self.marks.subcomponent, subcomponent)):
            pieces = raw.split(mark)
            if number > len(pieces):
                return ""
            raw = pieces[number - 1]
        return unescape(raw, self.marks).strip()

    def whole(self) -> str:
        """The segment as it was sent."""
        if self.name == "MSH":
            return self.name + self.marks.field + self.marks.field.join(self.fields[1:])
        return self.marks.field.join((self.name, *self.fields))


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose header could be read."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    @property
    def kind(self) -> str:
        """Message code and trigger event, such as `ORU^R01`."""
        return f"{self.header.text(9, 1)}^{self.header.text(9, 2)}"

    @property
    def control_id(self) -> str:
        """MSH-10: what the acknowledgement refers to."""
        return self.header.text(10)

    @property
    def sender(self) -> str:
        """Sending application and facility, as sent: part of what makes a message the same one."""
        return f"{self.header.raw(3)}|{self.header.raw(4)}"

    def named(self, name: str) -> Iterator[Segment]:
        """The segments of one name, in order."""
        return (segment for segment in self.segments if segment.name == name)

    def first(self, name: str) -> Segment | None:
        """The first segment of one name."""
        return next(self.named(name), None)


def read_messages(frame: bytes) -> list[Message]:
    """The messages of a frame: one, or those of a batch (FHS, BHS ... BTS, FTS). Raises `Hl7Error`."""
    lines = [line for line in _SEGMENT_END.split(decode_text(frame)) if line.strip()]
    if len(lines) > SEGMENTS_MOST:
        raise Hl7Error("too_many_segments", "", f"the message has {len(lines)} segments; the most is {SEGMENTS_MOST}")
    starts = [number for number, line in enumerate(lines) if line.startswith("MSH")]
    envelope = {"FHS", "BHS", "BTS", "FTS"}
    if not starts or any(line[:3] not in envelope for line in lines[: starts[0]]):
        raise Hl7Error("not_hl7", "", "the frame does not begin with an MSH segment, nor with a batch of messages")
    bounds = zip(starts, [*starts[1:], len(lines)], strict=True)
    return [_message([line for line in lines[start:end] if line[:3] not in envelope]) for start, end in bounds]


def decode_text(frame: bytes) -> str:
    """The text of a frame in the character set that its own header names. Raises `Hl7Error`."""
    named = _declared_set(frame)
    if named in _WITHOUT_NAME:
        try:
            return frame.decode("utf-8")
        except UnicodeDecodeError:
            return frame.decode("latin-1")
    codec = _CODECS.get(named)
    if codec is None:
        raise Hl7Error("wrong_character_set", "MSH[1]-18", "MSH-18 names a character set that is not supported here")
    try:
        return frame.decode(codec)
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is no character of the set that MSH-18 names"
        raise Hl7Error("wrong_character_set", "MSH[1]-18", message) from error


def _declared_set(frame: bytes) -> str:
    """MSH-18, first repetition, read before the text is: its own characters are plain ASCII in every set we take."""
    at = frame.find(b"MSH")
    line = re.split(rb"[\r\n]", frame[at:], maxsplit=1)[0] if at >= 0 else b""
    if len(line) < _HEADER_SHORTEST:
        return ""
    fields = line.split(line[3:4])
    last = 17
    written = fields[last] if len(fields) > last else b""
    return written.split(line[5:6])[0].decode("ascii", "replace").strip().upper()


def _message(lines: list[str]) -> Message:
    marks = _delimiters(lines[0])
    counts: dict[str, int] = {}
    segments: list[Segment] = []
    for line in lines:
        name, *fields = line.split(marks.field)
        if not _SEGMENT_NAME.fullmatch(name):
            where = f"segment {len(segments) + 1}"
            raise Hl7Error("not_hl7", where, f"{where} has no name of three capital letters or digits")
        if name == "MSH":
            fields = [marks.field, *fields]
        counts[name] = counts.get(name, 0) + 1
        segments.append(Segment(name, counts[name], tuple(fields), marks))
    return Message(tuple(segments))


def _delimiters(line: str) -> Delimiters:
    """MSH-1 and MSH-2. Version 2.7's fifth encoding character (truncation) is passed over."""
    if len(line) < _HEADER_SHORTEST:
        raise Hl7Error("not_hl7", "MSH[1]-2", "MSH is too short to declare its delimiters")
    field = line[3]
    encoding = line[4:].split(field, maxsplit=1)[0]
    least, most = 4, 5
    if not least <= len(encoding) <= most or len({field, *encoding}) != len(encoding) + 1:
        raise Hl7Error("not_hl7", "MSH[1]-2", "MSH-1 and MSH-2 must declare four or five different delimiters")
    if any(mark.isalnum() or mark.isspace() for mark in (field, *encoding)):
        raise Hl7Error("not_hl7", "MSH[1]-2", "a delimiter in MSH-1 or MSH-2 is a letter, a digit or a blank")
    return Delimiters(field, encoding[0], encoding[1], encoding[2], encoding[3])


def split_components(raw: str, marks: Delimiters, count: int) -> tuple[str, ...]:
    """So many components of a field's first repetition, as `Segment.text` reads them."""
    parts = raw.split(marks.repetition, 1)[0].split(marks.component)
    first = (unescape(part.split(marks.subcomponent, 1)[0], marks).strip() for part in parts[:count])
    return (*first, *("",) * (count - len(parts)))


def unescape(text: str, marks: Delimiters) -> str:
    r"""Resolve HL7's escapes: delimiters, \Xhh..\ as Latin-1, line breaks; others stay as they are."""
    if marks.escape not in text:
        return text
    plain = {"F": marks.field, "S": marks.component, "T": marks.subcomponent, "R": marks.repetition}
    plain |= {"E": marks.escape, ".br": "\n", "H": "", "N": ""}
    pieces = text.split(marks.escape)
    out = [pieces[0]]
    position = 1
    while position < len(pieces):
        code = pieces[position]
        if position + 1 == len(pieces):
            out.append(marks.escape + code)  # an escape that is never closed stands for itself
        elif code in plain:
            out.append(plain[code] + pieces[position + 1])
        elif code[:1] == "X" and re.fullmatch(r"X([0-9A-Fa-f]{2})+", code):
            out.append(bytes.fromhex(code[1:]).decode("latin-1") + pieces[position + 1])
        else:
            out.append(marks.escape + code + marks.escape + pieces[position + 1])
        position += 2
    return "".join(out)


def escape(text: str, marks: Delimiters) -> str:
    """The reverse, for values that we write."""
    codes = {marks.field: "F", marks.component: "S", marks.subcomponent: "T", marks.repetition: "R", marks.escape: "E"}
    codes |= {"\r": "X0D", "\n": "X0A"}
    return "".join(f"{marks.escape}{codes[mark]}{marks.escape}" if mark in codes else mark for mark in text)
