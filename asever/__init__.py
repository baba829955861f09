"""ASEver: proves properties of Azure networks with App Service Environments, or shows the packet that breaks them.

    import asever

    network = asever.load("layered.asev")   # raises asever.SpecError, which carries every diagnostic
    report = asever.check(network)          # typed, immutable results
    for result in report.results:
        print(result.name, result.verdict, result.counterexample)

Importing the package imports nothing else; every public name is fetched when it is first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asever.api import check as check
    from asever.api import load as load
    from asever.diagnostics import Diagnostic as Diagnostic
    from asever.diagnostics import SpecError as SpecError
    from asever.model.answers import Evidence as Evidence
    from asever.model.answers import Finding as Finding
    from asever.model.answers import Report as Report
    from asever.model.answers import Trace as Trace
    from asever.model.answers import Verdict as Verdict
    from asever.model.program import Program as Program

__version__ = "0.1.0"

_HOMES = {
    "load": "asever.api",
    "check": "asever.api",
    "Diagnostic": "asever.diagnostics",
    "SpecError": "asever.diagnostics",
    "Evidence": "asever.model.answers",
    "Finding": "asever.model.answers",
    "Report": "asever.model.answers",
    "Trace": "asever.model.answers",
    "Verdict": "asever.model.answers",
    "Program": "asever.model.program",
}
__all__ = [
    "Diagnostic",
    "Evidence",
    "Finding",
    "Program",
    "Report",
    "SpecError",
    "Trace",
    "Verdict",
    "__version__",
    "check",
    "load",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
