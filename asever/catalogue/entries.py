"""What one entry of the catalogue consists of."""

from __future__ import annotations

from asever.record import record


@record
class Entry:
    """One code (of a diagnostic) or one fact (of Azure) in words.

    `wrong` is a whole program that yields exactly this code, `right` one that yields none; facts have neither and name
    their `source` instead.
    """

    code: str
    title: str
    explanation: str
    wrong: str = ""
    right: str = ""
    source: str = ""
