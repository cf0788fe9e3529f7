"""The assignments of a generated function as one graph of array operations, each there once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy
from sympy import Expr

from symbackprop.emit.fast.quotients import by_reciprocal, of_sizes
from symbackprop.emit.fast.rewrites import Rewrites
from symbackprop.emit.fast.scatters import ADD_AT, scaled
from symbackprop.emit.numpy.code import ELEMENTWISE, Code, Number, exponent, is_number
from symbackprop.emit.numpy.statements import Assignment

FLOAT, BOOL, OTHER = "float", "bool", "other"
GIVEN, TEXT, MAP, REDUCE, VIEW, WHOLE = "given", "text", "map", "reduce", "view", "whole"
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
_LOGIC = frozenset({"&", "|", "~"})
_UFUNCS = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "**": "power", "neg": "negative",
    "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal",
    "!=": "not_equal", "&": "logical_and", "|": "logical_or", "~": "logical_not",
    "//": "floor_divide", "%": "remainder",
}  # fmt: skip
_REDUCTIONS = frozenset({"sum", "max", "min"})


@dataclass(eq=False)
class Node:
    """One operation, or an array that is given.

    kind: GIVEN (a variable), TEXT (a number, a size), MAP (elementwise), REDUCE, VIEW (the same
    memory), WHOLE (any other function of whole arrays). ufunc: of a MAP, the function's name;
    for np.where "where", for a mask made a number "astype"; of a REDUCE its kind, with "dot" for
    the sum of a product whose factors are the operands. name: the variable, if it has one.
    """

    kind: str
    code: Code
    args: tuple[Node, ...] = ()
    shape: tuple[Expr, ...] = ()
    dtype: str = FLOAT
    ufunc: str = ""
    name: str = ""
    users: list[Node] = field(default_factory=list)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def base(self) -> Node:
        """The node whose memory a view shows."""
        return self.args[0].base if self.kind == VIEW else self

    @property
    def seen(self) -> Node:
        """What a view that adds axes shows."""
        adds = self.code.op == "index" and "None" in self.code.text
        return self.args[0].seen if adds else self

    @property
    def is_count(self) -> bool:
        """Whether it is made of numbers and sizes alone, which are Python's own."""
        if self.kind == TEXT or self.shape or self.name or not self.args:
            return self.kind == TEXT
        return all(a.is_count for a in self.args)


class Graph:
    """The nodes of a list of assignments, operands before what they are used in.

    given: shape and dtype of the variables that are there already. np: what NumPy is called.
    number: code for a size. name: of a function of the module. helpers: the helper functions that
    work element by element. added: the one that adds values to a copy. exact: whether a quotient
    is to be rounded once. in_numpy: whether loops are of calls of NumPy.
    """

    def __init__(
        self, assignments: Sequence[Assignment], given: dict[str, tuple[tuple[Expr, ...], str]],
        np: str, number: Number, name: Callable[[str], str],
        helpers: Iterable[str] = (), added: str = "", exact: bool = False,
        *, in_numpy: bool = True,
    ) -> None:  # fmt: skip
        self.nodes: list[Node] = []
        self.roots: dict[str, Node] = {}
        self._np = np
        codes = [a.code for a in assignments]
        self._name, self._own = name, dict[str, str]()
        self._rewrites = Rewrites(np, number, codes, self.function, added, in_numpy=in_numpy)
        self._helpers = frozenset(helpers)
        self._given, self._number = given, number
        self._added, self._exact = added, exact
        self._todo = {a.name: a for a in assignments}
        self._memo: dict[Code, Node] = {}
        for a in assignments:
            self._root(a.name)
        self.axes = self._loop_axes(in_numpy)
        self._join_products()

    def _loop_axes(self, in_numpy: bool) -> frozenset[Expr]:
        """The first axes of the widest elementwise operations, or of what is reduced by rows.

        In C, where a loop costs no more than a call, of vectors too.
        """
        maps = [n for n in self.nodes if n.kind == MAP]
        vectors = [] if in_numpy else [n for n in maps if not n.shape[0].is_Integer]
        wide = [n for n in maps if n.rank > 1] + vectors or maps
        wide = wide or [n for n in self.nodes if n.kind == REDUCE and 0 not in n.code.axes]
        return frozenset(n.shape[0] for n in wide if n.shape[0] != 1)

    def function(self, ufunc: str) -> str:
        """What one of the module's functions is called in code; it is in use from then on."""
        name = self._name(ufunc)
        self._own[name] = ufunc
        return name

    def replace(self, node: Node, code: Code) -> None:
        """Have other code for a node."""
        made = self._memo[node.code] = self.node(code)
        for user in dict.fromkeys(node.users):
            user.args = tuple(made if a is node else a for a in user.args)
            made.users.append(user)
        self.roots = {name: made if n is node else n for name, n in self.roots.items()}
        made.name = made.name or node.name
        node.users.clear()
        self.drop(node)
        self.nodes = _ordered(self.nodes)
        self._join_products()

    def drop(self, node: Node) -> None:
        """Leave out a node, and what it alone needs, unless something else needs it."""
        if not node.users and node in self.nodes and node not in self.roots.values():
            self.nodes.remove(node)
            for a in dict.fromkeys(node.args):
                a.users.remove(node)
                self.drop(a)

    def _join_products(self) -> None:
        """Σ_j u_j v_j without the array of products, where nothing else needs it."""
        named = frozenset(self.roots.values())
        for node in self.nodes:
            if node.kind != REDUCE or node.ufunc != "sum":
                continue
            (product,) = node.args
            if product.kind != MAP or product.rank < 2 or product.shape[0] not in self.axes:
                continue
            if product.users != [node] or product in named:
                continue
            factors = product.args if product.ufunc == "multiply" else (product.args[0],) * 2
            whole = all(f.shape == product.shape and f.dtype == FLOAT for f in factors)
            if product.ufunc in ("multiply", "square") and whole:
                node.args, node.ufunc = factors, "dot"
                for f in dict.fromkeys(factors):
                    f.users[f.users.index(product)] = node

    def _root(self, name: str) -> Node:
        found = self.roots.get(name)
        if found is None:
            found = self.roots[name] = self.node(self._todo[name].code)
            found.name = found.name or name
        return found

    def node(self, code: Code) -> Node:
        """The node of a piece of code."""
        found = self._memo.get(code)
        if found is None:
            found = self._memo[code] = self._made(code)
        return found

    def _made(self, code: Code) -> Node:
        if code.op == "atom":
            return self._atom(code)
        rewritten = self._rewrites.of(code)
        if rewritten is None and not self._exact:
            rewritten = scaled(code, self._np, self._added, self._number)
        if rewritten is not None:
            return self.node(rewritten)
        args = tuple(self.node(a) for a in code.args)
        if code.op == "/":
            above, below = args
            rewritten = of_sizes(code, above, below, self._np)
            if rewritten is None and not self._exact:
                rewritten = by_reciprocal(code, above, below, self._number)
            if rewritten is not None:
                return self.node(rewritten)
        kind, dtype, ufunc = self._classified(code, args)
        made = Node(kind, code, args, code.shape, dtype, ufunc)
        for a in dict.fromkeys(args):
            a.users.append(made)
        self.nodes.append(made)
        return made

    def _atom(self, code: Code) -> Node:
        if code.text in self._todo:
            return self._root(code.text)
        if code.text in self._given:
            shape, dtype = self._given[code.text]
            return Node(GIVEN, code, (), shape, dtype, name=code.text)
        kind = TEXT if not code.shape else GIVEN
        dtype = FLOAT if is_number(code) or code.shape else OTHER
        return Node(kind, code, (), code.shape, dtype, name=code.text if code.shape else "")

    def _classified(self, code: Code, args: tuple[Node, ...]) -> tuple[str, str, str]:
        """The kind, the dtype and the ufunc of an operation."""
        if code.op == "reduce":
            kind = code.text.rpartition(".")[2]
            plain = kind in _REDUCTIONS and args[0].dtype == FLOAT and args[0].shape
            return (REDUCE, FLOAT, kind) if plain else (WHOLE, _other(args), "")
        if code.op == "index":
            return VIEW, args[0].dtype, ""
        if code.op == "suffix" and code.text.startswith((".T", ".transpose(")):
            return VIEW, args[0].dtype, ""
        if code.op == "call" and code.text.partition("(")[0] == self._rewrites.add_at:
            return WHOLE, FLOAT, ADD_AT
        ufunc = self._ufunc(code)
        if not ufunc:
            return WHOLE, _other(args), ""
        dtype = _dtype(code, ufunc, args)
        if not code.shape or dtype == OTHER:
            return WHOLE, dtype, ""
        return MAP, dtype, ufunc

    def _ufunc(self, code: Code) -> str:
        if code.op in ELEMENTWISE or code.op in _UFUNCS:
            if code.op == "**":
                return {"2": "square", "-1": "reciprocal"}.get(exponent(code), "power")
            return _UFUNCS[code.op]
        if code.op == "suffix" and code.text.startswith(".astype("):
            return "astype"
        if code.op != "call":
            return ""
        name, _, rest = code.text.partition("(")
        if rest != "|":
            return ""
        if name in self._helpers:
            return name
        if name in self._own:
            return self._own[name]
        short = name.removeprefix(f"{self._np}.")
        if short == "where":
            return "where"
        known = getattr(numpy, short, None) if name != short and "." not in short else None
        return short if isinstance(known, numpy.ufunc) else ""


def _dtype(code: Code, ufunc: str, args: tuple[Node, ...]) -> str:
    if code.op in _COMPARISONS or ufunc in ("isnan", "isfinite", "isinf", "signbit"):
        return BOOL
    if code.op in _LOGIC:
        return BOOL if all(a.dtype == BOOL for a in args) else OTHER
    if ufunc == "astype":
        return FLOAT if args[0].dtype == BOOL else OTHER
    if ufunc == "where":  # of two numbers, one of which is an input
        return FLOAT if any(a.dtype == FLOAT and a.kind != TEXT for a in args[1:]) else OTHER
    arrays = [a for a in args if a.shape]
    return FLOAT if any(a.dtype == FLOAT for a in arrays) else OTHER


def _other(args: tuple[Node, ...]) -> str:
    """What a function of whole arrays gives: floats, unless it has nothing to do with them."""
    return FLOAT if any(a.dtype == FLOAT and a.shape for a in args) else OTHER


def keeps_rows(node: Node) -> bool:
    """Whether a view of a block of rows is that block of the view."""
    return node.code.op == "index" and node.code.text.partition(",")[0] == ":"


def _ordered(nodes: Iterable[Node]) -> list[Node]:
    """The nodes with operands before what they are used in."""
    todo = dict.fromkeys(nodes)
    found: list[Node] = []

    def visit(node: Node) -> None:
        if node in todo:
            del todo[node]
            for a in node.args:
                visit(a)
            found.append(node)

    for node in tuple(todo):
        visit(node)
    return found
