"""The page of all topics can be read without a network, and every link on it leads somewhere."""

import json
from html.parser import HTMLParser
from pathlib import Path

import yaml

from blinwatch.commands.asyncapi_page import asyncapi_page

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/asyncapi.html").read_text(encoding="utf-8")
DOCUMENT = yaml.safe_load((ROOT / "schemas/asyncapi.yaml").read_text(encoding="utf-8"))
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Reader(HTMLParser):
    """Notes what a page consists of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.text += data


READ = Reader(PAGE)


def test_nothing_is_fetched_and_nothing_runs() -> None:
    assert not {"script", "img", "link", "iframe", "object"} & set(READ.tags)
    assert "url(" not in PAGE
    assert "@import" not in PAGE


def test_every_link_leads_to_a_place_on_the_page_and_every_place_is_there_once() -> None:
    assert {link for link in READ.links if not link.startswith("#")} == set()
    assert {link[1:] for link in READ.links} <= set(READ.ids)
    assert len(READ.ids) == len(set(READ.ids))
    assert READ.open == [], "every tag is closed"


def test_every_topic_and_every_message_is_on_it() -> None:
    for name, channel in DOCUMENT["channels"].items():
        assert name in READ.ids
        assert channel["address"] in READ.text
        assert channel["description"] in READ.text
    for message in DOCUMENT["components"]["messages"].values():
        for example in message.get("examples", ()):
            assert json.dumps(example["payload"], indent=2, ensure_ascii=False) in READ.text


def test_what_stands_in_a_contract_is_text_and_never_a_tag() -> None:
    document = json.loads(json.dumps(DOCUMENT))
    document["channels"]["alerts.active.v1"]["description"] = "<script>alert(1)</script>"
    assert "script" not in Reader(asyncapi_page(document, {}).decode()).tags
