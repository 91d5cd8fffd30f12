"""Values between Python and a component, without what `wasmtime` does again for each of them.

It looks up a type's parts for every value, and makes a tagged value of each byte, one by one in
Python. Here the parts are looked up once, and lists of bytes are filled and read as slices of the
same array. That reaches into private methods: the version of `wasmtime` is pinned, and one that
is laid out differently is refused.
"""
import ctypes
from functools import cached_property

from wasmtime import _ffi as ffi
from wasmtime.component import _types as types

SIZE = ctypes.sizeof(ffi.wasmtime_component_val_t)
AT = ffi.wasmtime_component_val_t.of.offset
U8 = ffi.WASMTIME_COMPONENT_U8.value
PARTS = {
    "FuncType": ["params", "result"],
    "ListType": ["element"],
    "OptionType": ["payload"],
    "RecordType": ["fields"],
    "ResultType": ["ok", "err"],
    "TupleType": ["elements"],
    "VariantType": ["cases"],
}


def install():
    for name, parts in PARTS.items():
        for part in parts:
            kind = getattr(types, name)
            once = cached_property(vars(kind)[part].fget)
            once.__set_name__(kind, part)
            setattr(kind, part, once)
    kind = types.ListType
    slow_in, slow_out = kind.convert_to_c, kind.convert_from_c

    def into(self, store, value, pointer):
        if not isinstance(value, bytes):
            return slow_in(self, store, value, pointer)
        tagged = bytearray(SIZE * len(value))
        tagged[::SIZE] = bytes([U8]) * len(value)
        tagged[AT::SIZE] = value
        raw = ffi.wasmtime_component_vallist_t()
        ffi.wasmtime_component_vallist_new_uninit(raw, len(value))
        ctypes.memmove(raw.data, bytes(tagged), len(tagged))
        pointer.contents.kind = ffi.WASMTIME_COMPONENT_LIST
        pointer.contents.of.list = raw

    def out_of(self, value):
        raw = value.of.list
        if not raw.size or raw.data[0].kind != U8:
            return slow_out(self, value)
        taken = ctypes.string_at(raw.data, SIZE * raw.size)[AT::SIZE]
        ffi.wasmtime_component_vallist_delete(ctypes.byref(raw))
        return taken

    kind.convert_to_c, kind.convert_from_c = into, out_of


try:
    install()
except (AttributeError, KeyError) as error:
    raise ImportError(f"wasmtime is not the version in requirements.txt: it has no {error}") from error
