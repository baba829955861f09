"""Codes of foreign files: JSON texts, and ARM templates."""

from __future__ import annotations

from asever.catalogue.entries import Entry

FOREIGN: tuple[Entry, ...] = (
    Entry(
        code="not-json",
        title="The file is not JSON",
        explanation="Azure's files are read as Azure's own tools read them: a byte-order mark, comments, texts over several lines "
        "and a comma before a closing bracket are fine. Anything else that is not JSON is named with its place.",
    ),
    Entry(
        code="json-name-twice",
        title="A name that stands twice in one object",
        explanation="Tools differ in which of two values counts, so that a reader would see another network than Azure makes.",
    ),
    Entry(
        code="json-too-deep",
        title="Too many brackets inside each other",
        explanation="Values are read up to a hundred brackets deep. Azure Resource Manager itself reads fewer.",
    ),
    Entry(
        code="json-too-large",
        title="A foreign file that is too large",
        explanation="JSON files are read up to 16 MB. Azure takes templates of 4 MB; its list of service tags has as much.",
    ),
)
