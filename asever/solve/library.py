"""Z3's C interface, as far as we use it, over the library that the package `z3-solver` brings.

`import z3` takes five times as long as Z3 itself does to load: it defines seven hundred functions and a language of terms. We
hand over text and ask about literals, which takes the two dozen functions below.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from functools import lru_cache, partial
from importlib.machinery import PathFinder
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any, Final

_POINTER: Final = ctypes.c_void_p
_TEXT: Final = ctypes.c_char_p
_NUMBER: Final = ctypes.c_uint
# The result, then the arguments after the context (z3_api.h). Handles of Z3 are pointers.
_FUNCTIONS: Final[dict[str, tuple[Any, ...]]] = {
    "set_error_handler": (None, _POINTER),
    "get_error_code": (ctypes.c_int,),
    "interrupt": (None,),
    "get_error_msg": (_TEXT, ctypes.c_int),
    "inc_ref": (None, _POINTER),
    "dec_ref": (None, _POINTER),
    "mk_string_symbol": (_POINTER, _TEXT),
    "mk_int_symbol": (_POINTER, ctypes.c_int),
    "mk_bool_sort": (_POINTER,),
    "mk_const": (_POINTER, _POINTER, _POINTER),
    "mk_not": (_POINTER, _POINTER),
    "mk_params": (_POINTER,),
    "params_inc_ref": (None, _POINTER),
    "params_dec_ref": (None, _POINTER),
    "params_set_bool": (None, _POINTER, _POINTER, ctypes.c_bool),
    "params_set_symbol": (None, _POINTER, _POINTER, _POINTER),
    "params_set_uint": (None, _POINTER, _POINTER, _NUMBER),
    "mk_solver_for_logic": (_POINTER, _POINTER),
    "solver_inc_ref": (None, _POINTER),
    "solver_dec_ref": (None, _POINTER),
    "solver_set_params": (None, _POINTER, _POINTER),
    "solver_from_string": (None, _POINTER, _TEXT),
    "solver_check_assumptions": (ctypes.c_int, _POINTER, _NUMBER, _POINTER),
    "solver_get_unsat_core": (_POINTER, _POINTER),
    "solver_get_reason_unknown": (_TEXT, _POINTER),
    "ast_vector_inc_ref": (None, _POINTER),
    "ast_vector_dec_ref": (None, _POINTER),
    "ast_vector_size": (_NUMBER, _POINTER),
    "ast_vector_get": (_POINTER, _POINTER, _NUMBER),
}
UNKNOWN: Final = 0
SATISFIABLE: Final = 1


class Z3Error(Exception):
    """Z3 reports an error: our text is wrong, or the machine has no memory left."""


_loading = Lock()


def library() -> Any:  # noqa: ANN401 - functions, by their names in `_FUNCTIONS`
    """Z3 over one context: `library().mk_not(ast)` is `Z3_mk_not(context, ast)`."""
    with _loading:  # somebody may have begun to load it in the background
        return _library()


@lru_cache(maxsize=1)
def loaded() -> ctypes.CDLL:
    """Z3 without a context: a process may fork after this."""
    return ctypes.CDLL(_path())


@lru_cache(maxsize=1)
def _library() -> Any:  # noqa: ANN401
    file = loaded()
    config = _function(file, "mk_config", _POINTER)()
    context = _function(file, "mk_context_rc", _POINTER, _POINTER)(config)
    _function(file, "del_config", None, _POINTER)(config)
    z3 = SimpleNamespace()
    for name, (result, *arguments) in _FUNCTIONS.items():
        setattr(z3, name, partial(_function(file, name, result, _POINTER, *arguments), context))
    z3.set_error_handler(None)  # the one that is set at first ends the process
    return z3


def handles(terms: Sequence[int]) -> ctypes.Array[ctypes.c_void_p]:
    """An array of handles, as Z3 takes them."""
    return (_POINTER * len(terms))(*terms)


def raise_errors(z3: Any) -> None:  # noqa: ANN401 - what `library` gives
    """Raises `Z3Error` when the last call failed."""
    code = z3.get_error_code()
    if code:
        raise Z3Error(z3.get_error_msg(code).decode("utf-8", "replace"))


def _function(loaded: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:  # noqa: ANN401 - types of ctypes
    function = getattr(loaded, f"Z3_{name}")
    function.restype = result
    function.argtypes = arguments
    return function


def _path() -> str:
    """The library file. Where the package keeps it elsewhere than its wheels do, the package itself is asked."""
    pattern = {"win32": "libz3.dll", "darwin": "libz3*.dylib"}.get(sys.platform, "libz3.so*")
    package = PathFinder.find_spec("z3")
    for folder in (package.submodule_search_locations or ()) if package is not None else ():
        files = sorted(Path(folder, "lib").glob(pattern))
        if files:
            return str(files[-1])  # the one with a version, which the package would load as well
    from z3 import z3core  # noqa: PLC0415 - what this module is there to avoid

    return str(z3core.lib()._name)  # noqa: SLF001 - ctypes has no public name for it
