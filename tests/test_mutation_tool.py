"""tools/mutate.py measures the tests, so what it does to the code must be right itself."""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parent.parent / "tools"


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(TOOLS))
    yield
    for name in ("mutate", "mutation", "mutation.changes", "mutation.forks", "mutation.reach"):
        sys.modules.pop(name, None)


def tool(name: str) -> ModuleType:
    return importlib.import_module(name)


@pytest.mark.parametrize(
    "code,changed",
    [
        ("a < b", ["a <= b", "a >= b"]),
        ("a is None", ["a is not None"]),
        ("a and b", ["a or b"]),
        ("not a", ["a"]),
        ("a - b", ["a + b"]),
        ("7", ["8"]),
        ("True", ["False"]),
        ("'INCOMPLETE'", ["'INCOMPLETE_X'"]),
        ("'in plain words'", []),
        ("a if b else c", ["a if True else c", "a if False else c"]),
    ],
)
def test_each_kind_of_change_is_made(tools: None, code: str, changed: list[str]) -> None:
    node = ast.parse(code, mode="eval").body
    assert [ast.unparse(new) for _, new in tool("mutation.changes").variants_of(node)] == changed


@pytest.mark.parametrize(
    "code,changed",
    [
        ("return a", ["return None"]),
        ("return 0", ["return None"]),
        ("return False", []),
        ("return None", []),
        ("return", []),
    ],
)
def test_a_result_is_dropped_unless_that_would_mean_the_same(tools: None, code: str, changed: list[str]) -> None:
    node = ast.parse(f"def told():\n    {code}").body[0].body[0]
    assert [ast.unparse(new) for _, new in tool("mutation.changes").variants_of(node)] == changed


def test_one_change_is_made_and_every_line_keeps_its_number(tools: None) -> None:
    changes = tool("mutation.changes")
    source = "def rises(a: int) -> bool:\n    b = a + 1\n    return b > a\n"
    for number, node in enumerate(ast.walk(ast.parse(source))):
        if isinstance(node, ast.BinOp):
            tree = changes.mutated_tree(source, changes.Mutant("f.py", number, 0, 2, "+ for -"))
            assert ast.unparse(tree).splitlines()[1] == "    b = a - 1"
            assert [statement.lineno for statement in tree.body[0].body] == [2, 3]
            return
    pytest.fail("nothing was changed")


@pytest.mark.parametrize(
    "killed,total,least,most",
    [(0, 0, 0.0, 1.0), (90, 100, 0.826, 0.945), (180, 200, 0.851, 0.934), (10, 10, 0.722, 1.0)],
)
def test_a_share_of_a_sample_is_told_with_its_interval(
    tools: None, killed: int, total: int, least: float, most: float
) -> None:
    assert tool("mutate").interval_95(killed, total) == pytest.approx((least, most), abs=0.001)


def test_a_test_that_is_too_dear_leaves_its_place_to_the_next(tools: None) -> None:
    reach = tool("mutation.reach")
    cost_s = {"near": 5.0, "dear": reach.BUDGET_S, "cheap": 1.0}
    assert reach.affordable(["near", "dear", "cheap"], cost_s.__getitem__) == ["near", "cheap"]


def test_a_spent_budget_asks_what_nothing_more_costs(tools: None) -> None:
    reach = tool("mutation.reach")
    asked: list[str] = []

    def cost_s(name: str) -> float:
        asked.append(name)
        return float(reach.BUDGET_S)

    assert reach.affordable(["first", "second", "third"], cost_s) == ["first"]
    assert asked == ["first"]


def test_a_change_reaches_the_functions_that_a_table_holds(tools: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closure made at import is called through its table, not by its name."""
    forks, changes = tool("mutation.forks"), tool("mutation.changes")
    module = ModuleType("blinwatch.core.planted")
    module.__file__ = str(forks.ROOT / "service/blinwatch/core/planted.py")
    source = "def maker(add):\n    def made(a):\n        return a + add\n    return made\n\nTABLE = {'one': maker(1)}\n"
    exec(compile(source, module.__file__, "exec"), vars(module))  # noqa: S102 - the planted module
    monkeypatch.setitem(sys.modules, "blinwatch.core.planted", module)
    monkeypatch.setattr(forks, "source_of", lambda _: source)
    assert vars(module)["TABLE"]["one"](2) == 3
    plus = next(number for number, node in enumerate(ast.walk(ast.parse(source))) if isinstance(node, ast.BinOp))
    forks.patch(changes.Mutant("service/blinwatch/core/planted.py", plus, 0, 3, "- for +"))
    assert vars(module)["TABLE"]["one"](2) == 1
