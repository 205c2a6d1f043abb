"""What is changed: every mutant of a source file of the core, and the file with that one change in it.

Left out:  docstrings, annotations, assertions, raised messages, the words of sentences; and code outside functions
           (limits of size, tables of names), which other modules hold by value.
"""

import ast
import functools
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORE = Path("service/blinwatch/core")

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """One change: in which file, at which node (by its number in the walk), which variant, and in words."""

    file: str
    node: int
    variant: int
    line: int
    change: str


def skipped_nodes(tree: ast.AST) -> set[int]:  # noqa: C901 - one line for each kind of node
    """Ids of nodes whose change would mean nothing: docstrings, annotations, messages, type aliases, decorators."""
    skipped: set[int] = set()

    def skip(node: ast.AST | None) -> None:
        if node is not None:
            skipped.update(id(one) for one in ast.walk(node))

    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skip(node)
        elif isinstance(node, ast.AnnAssign | ast.arg):
            skip(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            skip(node.returns)
            for decorator in node.decorator_list:
                skip(decorator)
        elif isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                skip(decorator)
        elif isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
            skip(node)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in TYPE_NAMES:
            skip(node.slice)
        elif isinstance(node, ast.JoinedStr):
            # The words of a sentence are reviewed by people; what is put into it is still changed elsewhere.
            skip(node)
    return skipped


def outside_functions(tree: ast.AST) -> set[int]:
    """Ids of nodes outside any function: limits of size and names, which other modules hold by value."""
    inside = {id(one) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for one in ast.walk(node)}
    return {id(node) for node in ast.walk(tree) if id(node) not in inside}


TYPE_NAMES = {"Literal", "Annotated", "dict", "list", "tuple", "set", "Callable", "ClassVar"}


def variants_of(node: ast.AST) -> list[tuple[str, ast.AST]]:
    """Every change of one node, in words and as the new node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return [
            (f"{ast.unparse(node)}  ->  {ast.unparse(new)}", new)
            for kind in COMPARISONS.get(type(node.ops[0]), ())
            for new in (ast.Compare(left=node.left, ops=[kind()], comparators=node.comparators),)
        ]
    if isinstance(node, ast.Compare):
        found: list[tuple[str, ast.AST]] = []
        for place, op in enumerate(node.ops):
            for kind in COMPARISONS.get(type(op), ())[:1]:
                ops = [*node.ops[:place], kind(), *node.ops[place + 1 :]]
                new = ast.Compare(left=node.left, ops=ops, comparators=node.comparators)
                found.append((f"{ast.unparse(node)}  ->  {ast.unparse(new)}", new))
        return found
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        new = ast.BoolOp(op=other, values=node.values)
        return [(f"{ast.unparse(node)}  ->  {ast.unparse(new)}", new)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [(f"{ast.unparse(node)}  ->  {ast.unparse(node.operand)}", node.operand)]
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        new = ast.BinOp(left=node.left, op=ARITHMETIC[type(node.op)](), right=node.right)
        return [(f"{ast.unparse(node)}  ->  {ast.unparse(new)}", new)]
    if isinstance(node, ast.Constant):
        return [(f"{node.value!r}  ->  {value!r}", ast.Constant(value)) for value in _other_values(node.value)]
    if isinstance(node, ast.If | ast.IfExp):
        return [(f"if {ast.unparse(node.test)}  ->  if {value}", _with_test(node, value)) for value in (True, False)]
    if isinstance(node, ast.Return) and node.value is not None and not _is_no(node.value):
        return [(f"{ast.unparse(node)}  ->  return None", ast.Return(ast.Constant(None)))]
    return []


def _other_values(value: object) -> list[bool | float | str]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, float):
        return [value * 1.01 + 0.001]
    if isinstance(value, str) and value.isidentifier() and value == value.upper() and len(value) > 1:
        return [f"{value}_X"]
    return []


def _is_no(node: ast.AST) -> bool:
    """None, or False, which no condition tells from None; that it becomes True is a change of its own."""
    return isinstance(node, ast.Constant) and (node.value is None or node.value is False)


def _with_test(node: "ast.If | ast.IfExp", value: bool) -> ast.AST:  # noqa: FBT001 - the test's new value
    if isinstance(node, ast.IfExp):
        return ast.IfExp(test=ast.Constant(value), body=node.body, orelse=node.orelse)
    return ast.If(test=ast.Constant(value), body=node.body, orelse=node.orelse)


@functools.cache
def source_of(file: str) -> str:
    """A file of the core as it was when first asked for, whoever edits it meanwhile."""
    return (ROOT / file).read_text()


def mutants_of(file: Path) -> list[Mutant]:
    """Every mutant of one source file."""
    tree = ast.parse(source_of(str(file)))
    skipped = skipped_nodes(tree) | outside_functions(tree)
    return [
        Mutant(str(file), number, variant, getattr(node, "lineno", 0), " ".join(words.split())[:160])
        for number, node in enumerate(ast.walk(tree))
        if id(node) not in skipped
        for variant, (words, _) in enumerate(variants_of(node))
    ]


def mutated_tree(source: str, mutant: Mutant) -> ast.Module:
    """The file with the one change in it; every line keeps its number."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    old = nodes[mutant.node]
    new = ast.copy_location(variants_of(old)[mutant.variant][1], old)

    class Swap(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is old else self.generic_visit(node)

    return ast.fix_missing_locations(Swap().visit(tree))


def spread(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """A sample that takes from every file in turn, so that no file is left out."""
    rng = random.Random(seed)  # noqa: S311 - a reproducible sample
    by_file: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_file[mutant.file].append(mutant)
    for many in by_file.values():
        rng.shuffle(many)
    # Every file's share follows its size: each mutant's place is its rank within its file's own length.
    placed = [(rank + rng.random()) / len(many) for many in by_file.values() for rank in range(len(many))]
    ordered = [one for many in by_file.values() for one in many]
    return [mutant for _, mutant in sorted(zip(placed, ordered, strict=True), key=lambda pair: pair[0])][:size]
