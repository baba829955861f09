"""Codes of foreign files: JSON texts, and ARM templates."""

from __future__ import annotations

from asever.catalogue.entries import Entry

FOREIGN: tuple[Entry, ...] = (
    Entry(
        code="not-json",
        title="The file is not JSON",
        explanation="Azure's files are read as its own tools read them: a byte-order mark, comments, texts over several lines "
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
    Entry(
        code="not-a-template",
        title="A file that only looks like an ARM template",
        explanation="Parameter files, definitions of portal pages and settings of other tools have much in common with "
        "templates, and make no resources. Import the template itself; a parameter file goes after `with`.",
    ),
    Entry(
        code="template-expression",
        title="A template expression that cannot be read",
        explanation="A text in square brackets is an expression: calls, texts in single quotes, numbers, members and items. "
        "A text that should begin with a bracket begins with two.",
    ),
    Entry(
        code="template-mistake",
        title="A template that Azure would refuse",
        explanation="The template uses what it does not declare, is defined by itself, or goes beyond Azure's limits. No "
        "network comes of it, so nothing can be said about one.",
    ),
    Entry(
        code="parameter-value",
        title="A value that a parameter cannot have",
        explanation="The template declares which kind of value a parameter takes, and may list them. Azure refuses others.",
    ),
    Entry(
        code="template-too-large",
        title="A template that makes too much",
        explanation="Loops in loops, or definitions that use each other, make more values than any network has. The evaluation "
        "stops there, so that a template made to exhaust its reader cannot.",
    ),
)
