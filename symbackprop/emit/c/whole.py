"""Functions of Python that are loops in C and little else, as one function of Python in C.

For arrays of a few numbers the time is that of the calls between the loops: to look at the inputs,
to make arrays, to call the loops, to return a tuple. What is written here does these in C, for
arrays of NumPy in one piece that need no conversion, and returns None for others: the function in
Python has all cases. It is read from that function's text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from symbackprop.emit.c.expressions import Unsupported
from symbackprop.emit.c.frames import ITEM, LIMIT
from symbackprop.emit.c.functions import Call
from symbackprop.emit.c.scalars import Scalars

ARRAY, NUMBER, DTYPE = "array", "number", "dtype"
"""What is saved for the backward pass."""
_REALS = {"d": "double", "f": "float"}
_UNFIT = "return unfit(&frame, self);"


class Whole:
    """The C text of a function of the module. Raises Unsupported for one that has more in it.

    shapes: of the inputs, as the module checks them. loops: the names in C of the loops, by their
    names in Python and the letters of dtypes; calls: their arguments. saved: what `Saved` holds.
    """

    def __init__(
        self, function: ast.FunctionDef, shapes: Mapping[str, Sequence[int | str]],
        loops: Mapping[tuple[str, str], str], calls: Mapping[str, Call], saved: Mapping[str, str],
    ) -> None:
        self._shapes, self._loops, self._calls, self._saved = shapes, loops, calls, saved
        self._arguments = [a.arg for a in function.args.args]
        self._objects = {a: f"args[{n}]" for n, a in enumerate(self._arguments)}
        self._out = f"args[{len(self._arguments)}]"  # behind the others: the outputs, or None
        self._arrays: dict[str, int] = {}
        self._made: dict[str, int] = {}
        self._sizes: dict[str, str] = {}
        self._reals: dict[str, str] = {}
        self._dtypes: set[str] = set()
        self._letters: set[str] = set(_REALS)
        self._scalars = Scalars(self._sizes, self._reals)
        self._head: list[str] = []
        self._work: list[str] = []
        self._boxed: list[str] = []
        self._result = ""
        self.kept: dict[str, str] = {}  # what Saved is given
        if self._arguments[0] == "saved":
            self._need(f"is_a(self, args[0], {ITEM['Saved']})")
        for statement in function.body[1:]:  # behind the docstring
            self._read(statement)
        if not self._arrays:
            raise Unsupported("no array has the dtype")

    def text(self, name: str) -> str:
        """The definition of a function with this name."""
        only = len(self._letters) == 1
        lines = [
            f"void *{name}(void *self, void *const *args, ptrdiff_t count)", "{",
            "    Frame frame;",
            "    frame.count = frame.makes = frame.kind = 0;",
            f"    if (count != {len(self._arguments) + 1}) {_UNFIT}",
            *(f"    {line}" for line in self._head),
            *(f"    if (frame.kind != '{x}') {_UNFIT}" for x in self._letters if only),
            "    int bad = 0;",
            f"    double boxed[{len(self._boxed) or 1}] = {{0}};",
        ]  # fmt: skip
        boxed = [f"boxed[{n}] = (double){code};" for n, code in enumerate(self._boxed)]
        for letter in sorted(self._letters):
            lines += [f"    if (frame.kind == '{letter}') {{"]
            lines += [f"        {self._of(line, letter)}" for line in (*self._work, *boxed)]
            lines += ["    }"]
        return "\n".join([
            *lines,
            f"    if (bad) {_UNFIT}",
            "    (void)boxed;",
            f"    return left(&frame, {self._result});",
            "}", "",
        ])  # fmt: skip

    def _of(self, line: str, letter: str) -> str:
        """A line for one dtype."""
        called = re.sub(r"<(\w+)>", lambda m: self._loops[m[1], letter], line)
        return re.sub(r"\breal\b", _REALS[letter], called)

    def _need(self, condition: str) -> None:
        self._head.append(f"if (!({condition})) {_UNFIT}")

    def _read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.If(test=ast.UnaryOp(operand=ast.Call(func=ast.Name(id="_ready")))):
                self._inputs()
                self._dtypes |= {t for s in statement.orelse for t in _assigned_dtypes(s)}
            case ast.If(
                test=ast.Call(
                    func=ast.Subscript(
                        value=ast.Name(id="_loops"),
                        slice=ast.Tuple(elts=[ast.Constant(value=str(loop)), _]),
                    ),
                    args=passed,
                )
            ):
                self._call(loop, passed)
            case ast.Assign(targets=[ast.Name(id="_work")], value=ast.IfExp()):
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._assign(name, value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=value):
                self._unpack([n.id for n in names if isinstance(n, ast.Name)], value)
            case ast.Return(value=ast.expr() as value):
                self._result = self._returned(value)
            case _:
                raise Unsupported(ast.unparse(statement))

    def _inputs(self) -> None:
        known: dict[int | str, str] = {}
        equal = []
        for name in self._arguments:
            shape = self._shapes[name]
            if not shape:
                self._real_argument(name)
                continue
            self._read_array(name, len(shape))
            for axis, size in enumerate(shape):
                own = self._axis(name, axis)
                if size in known or isinstance(size, int):
                    equal.append(f"{own} == {known.get(size, size)}")
                known.setdefault(size, own)
        for condition in equal:
            self._need(condition)

    def _real_argument(self, name: str) -> None:
        """A number, which is to be a float of Python: it has no dtype of its own."""
        self._need(f"is_a(self, {self._objects[name]}, {ITEM['float']})")
        self._own_real(name)

    def _own_real(self, name: str) -> None:
        variable = f"given{len(self._reals)}"
        self._head.append(f"double {variable};")
        self._need(f"is_real({self._objects[name]}, &{variable})")
        self._reals[name] = f"((real){variable})"

    def _read_array(self, name: str, axes: int) -> None:
        self._need(f"fits(&frame, self, {self._objects[name]}, {axes})")
        self._place(name)

    def _place(self, name: str) -> None:
        self._arrays[name] = len(self._arrays)
        if len(self._arrays) > LIMIT:
            raise Unsupported("too many arrays")

    def _array(self, name: str) -> str:
        return f"frame.arrays[{self._arrays[name]}]"

    def _axis(self, name: str, axis: int) -> str:
        return f"{self._array(name)}->shape[{axis}]"

    def _size(self, name: str, code: str) -> None:
        self._sizes[name] = f"size{len(self._sizes)}"
        self._head.append(f"const ptrdiff_t {self._sizes[name]} = {code};")

    def _unpack(self, names: Sequence[str], value: ast.expr) -> None:
        match value:
            case ast.Attribute(value=ast.Name(id=x), attr="shape") if x in self._arrays:
                self._need(f"{self._array(x)}->ndim == {len(names)}")
                for axis, name in enumerate(names):
                    self._size(name, self._axis(x, axis))
            case ast.Tuple(elts=values):
                for name, part in zip(names, values, strict=True):
                    self._assign(name, part)
            case _:
                raise Unsupported(ast.unparse(value))

    def _assign(self, name: str, value: ast.expr) -> None:
        match value:
            case ast.Attribute(value=ast.Name(id="saved"), attr=field):
                self._from_saved(name, field)
            case ast.Attribute(attr="dtype"):
                self._dtypes.add(name)
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=x), attr="shape"),
                slice=ast.Constant(value=int(axis)),
            ) if x in self._arrays:
                self._need(f"{self._array(x)}->ndim > {axis}")
                self._size(name, self._axis(x, axis))
            case ast.Subscript(value=ast.Name(id=x), slice=ast.Tuple(elts=[])) if x == name:
                pass  # a number
            case ast.Call(
                func=ast.Name(id="_upstream"), args=[ast.Name(id=given), shape, _]
            ) if given in self._objects:
                self._objects[name] = self._objects[given]
                self._upstream(name, shape)
            case ast.Call(
                func=ast.Name(id="_array"),
                args=[_, ast.Constant(value=int(place)), ast.Tuple(elts=sizes), *_],
            ):
                self._make(name, sizes, f"given(&frame, self, {self._out}, {place}")
            case ast.Call(
                func=ast.Name(id="_work"), args=[_, ast.Tuple(elts=sizes), ast.Attribute()]
            ):
                self._make(name, sizes)
            case ast.Call(func=ast.Attribute(attr="empty"), args=[ast.Tuple(elts=[]), _]):
                variable = self._reals[name] = f"number{len(self._reals)}"
                self._work.append(f"real {variable};")
            case _:
                code = self._scalars.real(value)
                variable = self._reals[name] = f"number{len(self._reals)}"
                self._work.append(f"const real {variable} = {code};")

    def _from_saved(self, name: str, field: str) -> None:
        kind = self._saved.get(field)
        self._objects[name] = f"python.item(args[0], {[*self._saved].index(field)})" if kind else ""
        if kind == ARRAY:
            self._read_array(name, -1)
        elif kind == DTYPE:  # of inputs that were converted, or not, as of float64
            self._dtypes.add(name)
            self._need(f"{self._objects[name]} == python.item(self, {ITEM['float64']})")
        elif kind == NUMBER:
            self._own_real(name)
        else:
            raise Unsupported(field)

    def _upstream(self, name: str, shape: ast.expr) -> None:
        match shape:
            case ast.Tuple(elts=[]):
                self._real_argument(name)
            case ast.Attribute(value=ast.Name(id=x), attr="shape") if x in self._arrays:
                self._read_array(name, -1)
                self._need(f"same_shape({self._array(name)}, {self._array(x)})")
            case ast.Tuple(elts=sizes):
                self._read_array(name, len(sizes))
                for axis, size in enumerate(sizes):
                    self._need(f"{self._axis(name, axis)} == {self._scalars.integer(size)}")
            case _:
                raise Unsupported(ast.unparse(shape))

    def _make(
        self, name: str, sizes: Sequence[ast.expr], head: str = "made(&frame, self"
    ) -> None:
        codes = ", ".join(map(self._scalars.integer, sizes))
        self._need(f"{head}, {len(sizes)}, (const ptrdiff_t[]){{{codes}}})")
        self._place(name)
        self._made[name] = len(self._made)

    def _call(self, name: str, arguments: Sequence[ast.expr]) -> None:
        self._letters &= {letter for loop, letter in self._loops if loop == name}
        outputs = len(arguments) - len(self._calls[name].outputs)
        passed = [self._passed(a, n >= outputs) for n, a in enumerate(arguments)]
        self._work.append(f"bad |= <{name}>({', '.join(passed)});")

    def _passed(self, node: ast.expr, is_output: bool) -> str:
        if isinstance(node, ast.Name) and node.id in self._arrays:
            return f"{self._array(node.id)}->data"
        return f"&{self._scalars.any(node)}" if is_output else self._scalars.any(node)

    def _returned(self, value: ast.expr) -> str:
        """Code for an object that is new, or one more reference."""
        match value:
            case ast.Tuple(elts=parts):
                return _record("0", [*map(self._returned, parts)])
            case ast.Call(func=ast.Name(id="Saved" | "Grads" as name), keywords=keywords):
                if name == "Saved":
                    self.kept = {str(k.arg): self._kind(k.value) for k in keywords}
                return _record(str(ITEM[name]), [self._returned(k.value) for k in keywords])
            case ast.Call(func=ast.Name(id="_into"), args=[_, _, ast.Name() as found, _]):
                return self._returned(found)
            case ast.Call(func=ast.Name(id="_rounded"), args=[ast.Name() as found, _]):
                return self._returned(found)
        kind = self._kind(value)
        if kind == DTYPE:
            dtype = f"frame.kind == 'd' ? {ITEM['float64']} : {ITEM['float32']}"
            return f"same(python.item(self, {dtype}))"
        assert isinstance(value, ast.Name)
        if kind == NUMBER:
            self._boxed.append(self._reals[value.id])
            return f"number(&frame, self, boxed[{len(self._boxed) - 1}])"
        if value.id in self._made:
            return f"same(frame.made[{self._made[value.id]}])"
        return f"same({self._objects[value.id]})"

    def _kind(self, value: ast.expr) -> str:
        match value:
            case ast.Name(id=name) if name in self._arrays:
                return ARRAY
            case ast.Name(id=name) if name in self._reals:
                return NUMBER
            case ast.Name(id=name) if name in self._dtypes:
                return DTYPE
            case ast.Attribute(attr="dtype"):
                return DTYPE
        raise Unsupported(ast.unparse(value))


def _record(class_: str, parts: Sequence[str]) -> str:
    objects = ", ".join(parts) or "NULL"
    return f"record(self, {class_}, {len(parts)}, (void *[]){{{objects}}})"


def _assigned_dtypes(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(attr="dtype")):
            return [name]
    return []
