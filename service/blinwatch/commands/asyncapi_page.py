"""The AsyncAPI document as one HTML page: no script, no picture, nothing fetched; it is read without a network."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, cast

from blinwatch.commands.asyncapi_document import headers_of, messages_of

Part = dict[str, Any]

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem; }
body { color: #1b1f24; background: #fff; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 3rem; border-top: 2px solid #d0d7de; padding-top: 1rem; }
code, pre { font: 0.875em/1.45 ui-monospace, monospace; }
pre { background: #f6f8fa; padding: 0.75rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; font-weight: 600; padding: 0.5rem 0; }
th, td { border: 1px solid #d0d7de; padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; }
th { background: #f6f8fa; } td:first-child { white-space: nowrap; } summary { cursor: pointer; padding: 0.25rem 0; }
a { color: #0550ae; } nav ul { columns: 2; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; } th, pre { background: #161b22; } a { color: #79c0ff; }
  h2, th, td { border-color: #30363d; }
}
"""


def asyncapi_page(document: Part, schemas: Mapping[str, Part]) -> bytes:
    """The page; `schemas` holds each topic's JSON Schema by the topic's name."""
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>blinwatch: topics</title>",
        f"<style>{STYLE}</style></head><body>",
        *_head(document),
    ]
    for name, channel in document["channels"].items():
        lines += _channel(document, name, channel, schemas.get(name))
    return ("\n".join([*lines, "</body></html>"]) + "\n").encode()


def _head(document: Part) -> Iterator[str]:
    info = document["info"]
    yield f"<h1>{escape(info['title'])} {escape(info['version'])}: topics</h1>"
    yield f"<p>{escape(info['description'])}</p>"
    yield "<p>Written by <code>blinwatch schemas write</code>, as <code>schemas/asyncapi.yaml</code> is.</p>"
    for title, action in (("Send to blinwatch", "receive"), ("Read from blinwatch", "send")):
        yield f"<nav><h3>{title}</h3><ul>"
        for operation in document["operations"].values():
            name = operation["channel"]["$ref"].rpartition("/")[2]
            if operation["action"] == action:
                yield f'<li><a href="#{escape(name)}">{escape(document["channels"][name]["address"])}</a></li>'
        yield "</ul></nav>"


def _channel(document: Part, name: str, channel: Part, schema: Part | None) -> Iterator[str]:
    kafka = channel["bindings"]["kafka"]
    kept = kafka["topicConfiguration"].get("retention.ms")
    policy = "newest a key (compacted)" if kept is None else f"{kept // (24 * 60 * 60 * 1000)} days"
    yield f'<section id="{escape(name)}"><h2>{escape(channel["address"])}</h2>'
    yield f"<p>{escape(channel['description'])}</p>"
    yield f"<p>{kafka['partitions']} partitions. Kept: {policy}.</p>"
    for title, message in messages_of(document, name).items():
        yield from _message(document, name, title, message, schema)
    if schema is not None:
        for kind, definition in schema.get("$defs", {}).items():
            yield f'<details id="{escape(_anchor(name, kind))}"><summary><code>{escape(kind)}</code></summary>'
            yield from _fields(definition, name, "fields")
            yield "</details>"
    yield "</section>"


def _message(document: Part, channel: str, title: str, message: Part, schema: Part | None) -> Iterator[str]:
    yield f"<h3>{escape(title)}</h3>"
    if "summary" in message:
        yield f"<p>{escape(message['summary'])}</p>"
    key = message.get("bindings", {}).get("kafka", {}).get("key")
    if key is not None:
        yield f"<p>Key: <code>{escape(key['title'])}</code>. {escape(key['description'])}</p>"
    pointer = message.get("payload", {}).get("$ref", "").partition("#/$defs/")[2]
    if pointer:
        yield f'<p>Value: <a href="#{escape(_anchor(channel, pointer))}"><code>{escape(pointer)}</code></a></p>'
    elif schema is not None and "$ref" in message.get("payload", {}):
        yield from _fields(schema, channel, "value")
    headers = headers_of(document, message)
    if headers["properties"]:
        yield "<details><summary>headers</summary>"
        yield from _fields(headers, channel, "headers")
        yield "</details>"
    for example in message.get("examples", ()):
        text = json.dumps(example["payload"], indent=2, ensure_ascii=False)
        yield f"<details><summary>example: {escape(example['name'])}</summary><pre>{escape(text)}</pre></details>"


def _fields(schema: Part, channel: str, caption: str) -> Iterator[str]:
    if "description" in schema and caption == "fields":
        yield f"<p>{escape(schema['description'])}</p>"
    required = set(cast("list[str]", schema.get("required", [])))
    yield f"<table><caption>{caption}</caption>"
    yield '<tr><th scope="col">name</th><th scope="col">holds</th><th scope="col">meaning</th></tr>'
    for name, form in cast("dict[str, Part]", schema.get("properties", {})).items():
        must = "" if name in required else " (may be absent)"
        meaning = escape(form.get("description", ""))
        yield f"<tr><td><code>{escape(name)}</code>{must}</td><td>{_form(form, channel)}</td><td>{meaning}</td></tr>"
    yield "</table>"


def _form(form: Part, channel: str) -> str:
    """What may stand in a field, as HTML."""
    unit = f" in {escape(form['x-ucum-unit'])}" if "x-ucum-unit" in form else ""
    if "$ref" in form:
        kind = form["$ref"].rpartition("/")[2]
        return f'<a href="#{escape(_anchor(channel, kind))}"><code>{escape(kind)}</code></a>'
    for union in ("anyOf", "oneOf"):
        if union in form:
            return " or ".join(_form(part, channel) for part in form[union]) + unit
    if "const" in form:
        return f"<code>{escape(json.dumps(form['const']))}</code>"
    if "enum" in form:
        return ", ".join(f"<code>{escape(json.dumps(word))}</code>" for word in form["enum"])
    if form.get("type") == "array":
        return f"list of {_form(form.get('items', {}), channel)}"
    if isinstance(form.get("additionalProperties"), dict):
        return f"names to {_form(form['additionalProperties'], channel)}"
    bounds = [f"{word} {form[name]:g}" for name, word in (("minimum", "from"), ("maximum", "to")) if name in form]
    if "maxLength" in form:
        bounds.append(f"at most {form['maxLength']} characters")
    kind = escape(str(form.get("format") or form.get("type", "anything")))
    return " ".join([kind, *bounds]) + unit


def _anchor(channel: str, kind: str) -> str:
    return f"{channel}.{kind}"
