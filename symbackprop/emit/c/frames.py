"""The C text that functions of Python in C share: what they read, make and return.

Such a function has a tuple of OBJECTS as its `self`. It returns None where it is not for the call.
"""

OBJECTS = (
    "None", "ndarray", "empty", "float64", "float32", "number64", "number32", "new", "float",
    "Saved", "Grads",
)  # fmt: skip
"""What such a function has as its `self`, a tuple: functions and types of Python."""
ITEM = {name: n for n, name in enumerate(OBJECTS)}
LIMIT = 16  # of arrays in one function

LARGE = 1 << 18
"""Bytes of an array from which on calls take little of the time, and other threads may run."""

HEAD = f"""
/*
 * Functions of Python for small arrays. What NumPy's C interface documents of an array, behind the
 * head of any object, the last of which is its type; symbackprop_head says how long that is.
 */
typedef struct {{
    void *data;
    int ndim;
    ptrdiff_t *shape, *strides;
    void *base, *dtype;
    int flags;
}} Array;

static ptrdiff_t head;

void symbackprop_head(ptrdiff_t size) {{ head = size; }}

/* The arrays that a call reads and makes, all of one dtype. */
typedef struct {{
    const Array *arrays[{LIMIT}];
    void *made[{LIMIT}];
    int count, makes;
    char kind;
}} Frame;

static void *left(Frame *frame, void *result)
{{
    while (frame->makes) python.drop(frame->made[--frame->makes]);
    return result;
}}

static void *same(void *object)
{{
    python.take(object);
    return object;
}}

/* None: Python has the function for this call. */
static void *unfit(Frame *frame, void *self)
{{
    return left(frame, same(python.item(self, {ITEM["None"]})));
}}

/* Whether the type of an object is the one with this place in self. */
static int is_a(void *self, void *object, int place)
{{
    return *(void **)((char *)object + head - sizeof(void *)) == python.item(self, place);
}}

static size_t bytes(const Frame *frame, const Array *array)
{{
    size_t size = frame->kind == 'd' ? 8 : 4;
    for (int n = 0; n < array->ndim; n++) size *= (size_t)array->shape[n];
    return size;
}}

/*
 * Whether an object is a small array in one piece, of the dtype of those before, with numbers in
 * it. axes: how many it is to have; -1: any.
 */
static int fits(Frame *frame, void *self, void *object, int axes)
{{
    if (!is_a(self, object, {ITEM["ndarray"]})) return 0;
    const Array *array = (const Array *)((char *)object + head);
    const char kind = array->dtype == python.item(self, {ITEM["float64"]}) ? 'd'
        : array->dtype == python.item(self, {ITEM["float32"]}) ? 'f' : 0;
    if (!kind || (frame->kind && kind != frame->kind)) return 0;
    if ((axes >= 0 && array->ndim != axes) || (array->flags & 0x101) != 0x101) return 0;
    frame->kind = kind;
    frame->arrays[frame->count++] = array;
    const size_t size = bytes(frame, array);
    return size > 0 && size <= {LARGE};
}}

static int same_shape(const Array *u, const Array *v)
{{
    int same = u->ndim == v->ndim;
    for (int n = 0; same && n < u->ndim; n++) same = u->shape[n] == v->shape[n];
    return same;
}}

static int is_real(void *object, double *value)
{{
    *value = python.as_double(object);
    if (*value != -1 || !python.occurred()) return 1;
    python.clear();
    return 0;
}}

static int made(Frame *frame, void *self, int axes, const ptrdiff_t *sizes)
{{
    void *shape = python.tuple(axes);
    for (int n = 0; shape && n < axes; n++) python.put(shape, n, python.from_size(sizes[n]));
    void *dtype = python.item(self, frame->kind == 'd' ? {ITEM["float64"]} : {ITEM["float32"]});
    void *empty = python.item(self, {ITEM["empty"]});
    void *array = shape ? python.call(empty, shape, dtype, NULL) : NULL;
    if (shape) python.drop(shape);
    if (!array) {{
        python.clear();
        return 0;
    }}
    frame->made[frame->makes++] = array;
    return fits(frame, self, array, axes);
}}

/*
 * The memory of a result: new, or what a tuple of outputs has at this place, an array for writing
 * that shares no memory with the others.
 */
static int given(
    Frame *frame, void *self, void *out, int place, int axes, const ptrdiff_t *sizes)
{{
    if (out == python.item(self, {ITEM["None"]})) return made(frame, self, axes, sizes);
    void *object = python.item(out, place);
    if (!object) python.clear();
    if (!object || !fits(frame, self, object, axes)) return 0;
    const Array *array = frame->arrays[frame->count - 1];
    int fit = (array->flags & 0x400) != 0;
    for (int n = 0; n < axes; n++) fit = fit && array->shape[n] == sizes[n];
    for (int n = 0; n < frame->count - 1; n++) {{
        const Array *other = frame->arrays[n];
        const size_t first = (size_t)other->data, own = (size_t)array->data;
        fit = fit && (first + bytes(frame, other) <= own || own + bytes(frame, array) <= first);
    }}
    if (fit) frame->made[frame->makes++] = same(object);
    return fit;
}}

/* A number of the arrays' dtype, as what NumPy has for one. */
static void *number(const Frame *frame, void *self, double value)
{{
    const int type = frame->kind == 'd' ? {ITEM["number64"]} : {ITEM["number32"]};
    void *plain = python.from_double(value);
    void *found = plain ? python.call(python.item(self, type), plain, NULL) : NULL;
    if (plain) python.drop(plain);
    return found;
}}

/* A tuple of objects, which it takes; of the class with this place in self, where that is not 0. */
static void *record(void *self, int class_, int count, void **objects)
{{
    void *found = python.tuple(count);
    int missing = !found;
    for (int n = 0; n < count; n++) {{
        missing |= !objects[n];
        if (found && objects[n]) python.put(found, n, objects[n]);
        else if (objects[n]) python.drop(objects[n]);
    }}
    if (missing) {{
        if (found) python.drop(found);
        return NULL;
    }}
    if (!class_) return found;
    void *typed = python.call(
        python.item(self, {ITEM["new"]}), python.item(self, class_), found, NULL);
    python.drop(found);
    return typed;
}}
"""
