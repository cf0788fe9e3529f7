"""C functions as functions of Python: a second text, compiled behind that of the loops.

It needs no header of Python. It declares what it uses of CPython's stable interface itself, and
takes its functions from `symbackprop_bind`, in the order of INTERFACE. A call costs a tenth of
what ctypes takes to convert the arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbackprop.emit.c.frames import HEAD as FRAMES
from symbackprop.emit.c.functions import Call

INTERFACE = (
    "PyObject_GetBuffer", "PyBuffer_Release", "PyEval_SaveThread", "PyEval_RestoreThread",
    "PyLong_AsSsize_t", "PyFloat_AsDouble", "PyErr_Occurred", "PyErr_Clear", "PyLong_FromLong",
    "PyErr_BadArgument", "Py_IncRef", "Py_DecRef", "PyTuple_GetItem", "PyTuple_New",
    "PyTuple_SetItem", "PyLong_FromSsize_t", "PyFloat_FromDouble", "PyObject_CallFunctionObjArgs",
)  # fmt: skip
"""The functions that `symbackprop_bind` takes, as addresses."""

_HEAD = """
/* What follows calls the functions above from Python, and has no loop that is worth the time. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize ("O1")
#endif

/* Py_buffer, and functions of CPython. */
typedef struct {
    void *buf, *obj;
    ptrdiff_t len, itemsize;
    int readonly, ndim;
    char *format;
    ptrdiff_t *shape, *strides, *suboffsets;
    void *internal;
} Buffer;

static struct {
    int (*get_buffer)(void *, Buffer *, int);
    void (*release)(Buffer *);
    void *(*save_thread)(void);
    void (*restore_thread)(void *);
    ptrdiff_t (*as_size)(void *);
    double (*as_double)(void *);
    void *(*occurred)(void);
    void (*clear)(void);
    void *(*from_long)(long);
    int (*bad_argument)(void);
    void (*take)(void *);
    void (*drop)(void *);
    void *(*item)(void *, ptrdiff_t);
    void *(*tuple)(ptrdiff_t);
    int (*put)(void *, ptrdiff_t, void *);
    void *(*from_size)(ptrdiff_t);
    void *(*from_double)(double);
    void *(*call)(void *, ...);
} python;

void symbackprop_bind(void *const *functions)
{
    /* As dlsym does: C has no cast from an address of data to one of a function. */
    *(void **)&python.get_buffer = functions[0];
    *(void **)&python.release = functions[1];
    *(void **)&python.save_thread = functions[2];
    *(void **)&python.restore_thread = functions[3];
    *(void **)&python.as_size = functions[4];
    *(void **)&python.as_double = functions[5];
    *(void **)&python.occurred = functions[6];
    *(void **)&python.clear = functions[7];
    *(void **)&python.from_long = functions[8];
    *(void **)&python.bad_argument = functions[9];
    *(void **)&python.take = functions[10];
    *(void **)&python.drop = functions[11];
    *(void **)&python.item = functions[12];
    *(void **)&python.tuple = functions[13];
    *(void **)&python.put = functions[14];
    *(void **)&python.from_size = functions[15];
    *(void **)&python.from_double = functions[16];
    *(void **)&python.call = functions[17];
}

static void given_back(Buffer *arrays, int count)
{
    while (count--) python.release(&arrays[count]);
}

/* The memory of arrays, those from `inputs` on for writing: 2 where one is not in one piece. */
static int taken(void *const *objects, Buffer *arrays, int inputs, int count)
{
    for (int n = 0; n < count; n++) {
        const int missing = python.get_buffer(objects[n], &arrays[n], n >= inputs);
        if (!missing && (size_t)arrays[n].buf % (size_t)arrays[n].itemsize == 0) continue;
        if (missing) python.clear();
        given_back(arrays, missing ? n : n + 1);
        return 2;
    }
    return 0;
}
"""

_FUNCTION = """
void *{name}_call(void *self, void *const *args, ptrdiff_t count)
{{
    (void)self;
    Buffer arrays[{arrays}];
    if (count != {count} && !python.bad_argument()) return NULL;
{numbers}    if (python.occurred()) return NULL;
    int bad = taken(args + {first}, arrays, {inputs}, {arrays});
    if (!bad) {{
        void *thread = python.save_thread();
        bad = {name}(
            {passed});
        python.restore_thread(thread);
        given_back(arrays, {arrays});
    }}
    return python.from_long(bad);
}}
"""


def bindings(
    functions: Mapping[tuple[str, str], str], calls: Mapping[str, Call], settings: Iterable[str],
    whole: Iterable[str] = (),
) -> str:
    """The text for C functions, by their names in Python and the letters of their dtypes.

    settings: variables of the file, for each of which there is a function `symbackprop_set_NAME`.
    whole: the texts of functions of Python as a whole.
    """
    texts = [*whole]
    set_ = "".join(f"\nvoid symbackprop_set_{name}(ptrdiff_t value) {{ {name} = value; }}\n"
                   for name in settings)  # fmt: skip
    each = [
        _function(function, calls[name], "double" if letter == "d" else "float")
        for (name, letter), function in functions.items()
    ]
    return "".join([_HEAD, set_, *each, *([FRAMES] if texts else []), *texts])


def _function(name: str, call: Call, real: str) -> str:
    sizes, first = len(call.sizes), len(call.sizes) + len(call.numbers)
    inputs, arrays = len(call.inputs), len(call.inputs) + len(call.outputs)
    kinds = [("ptrdiff_t", "as_size")] * sizes + [(real, "as_double")] * len(call.numbers)
    numbers = "".join(
        f"    const {kind} n{place} = ({kind})python.{convert}(args[{place}]);\n"
        for place, (kind, convert) in enumerate(kinds)
    )
    passed = [f"n{place}" for place in range(first)]
    passed += [f"arrays[{place}].buf" for place in range(arrays)]
    return _FUNCTION.format(
        name=name, arrays=arrays, inputs=inputs, first=first, count=first + arrays,
        numbers=numbers,
        passed=", ".join(passed),
    )  # fmt: skip
