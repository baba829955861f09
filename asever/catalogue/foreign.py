"""Codes of foreign files: JSON texts, and ARM templates."""

from __future__ import annotations

from asever.catalogue.entries import Entry

_NET = "vnet v {\n  address 10.0.0.0/16\n\n  subnet a { address 10.0.1.0/24 }\n}\n"
_MACHINE = "vm x { subnet v/a  ip 10.0.1.4 }\n"

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
        explanation="JSON files are read up to 16 MB, and objects up to 100,000 members. Azure takes templates of 4 MB; its "
        "list of service tags has as much.",
    ),
    Entry(
        code="not-a-template",
        title="A file that only looks like an ARM template",
        explanation="Parameter files, definitions of portal pages and settings of other tools have much in common with "
        "templates, and make no resources. Import the template itself; a parameter file goes after `with`.",
    ),
    Entry(
        code="not-a-network",
        title="A JSON file that holds no resources of Azure's",
        explanation="What is imported are ARM templates, resources as the REST API or `az` prints them (one, a list, or a "
        "`value` with a list), Terraform plans and states, recorded sessions with Azure, effective security rules and routes, "
        "and Azure's list of service tags. What a file is, is seen by what stands in it, not by its name.",
    ),
    Entry(
        code="wrong-resource",
        title="A resource that Azure would refuse",
        explanation="A rule without a priority, a route without a next hop, a prefix that is none: no network comes of it.",
    ),
    Entry(
        code="not-modelled",
        title="An imported file holds what the network does not have",
        explanation="Each thing is listed with its type, its name and the reason. Where it stands in a subnet, whatever comes "
        "to that subnet or from there is unknown; what has no address of its own (a role, an alert) changes no verdict.",
    ),
    Entry(
        code="not-in-the-file",
        title="Something that an imported file names and does not hold",
        explanation="A linked template that is not beside the file, a function that nobody knows: nothing is fetched from a "
        "network, so it stays open.",
    ),
    Entry(
        code="unknown-setting",
        title="A setting that nothing asks for",
        explanation="`--set NAME=VALUE` gives a parameter of a template, a value that only a deployment knows, or a `tag` "
        "without addresses. The names are those that answers and written files use.",
    ),
    Entry(
        code="open-tag-endpoint",
        title="A check about addresses that nobody knows",
        explanation="A tag without addresses may be any address, so it is nobody in particular who calls or is called. Give "
        "its addresses with `tag NAME = …` or `--set NAME=…`, or ask about `Internet` or a network.",
        wrong=_NET + _MACHINE + "tag partner\ncheck partner reaches x\n",
        right=_NET + _MACHINE + "tag partner = 40.1.1.1\ncheck partner reaches x expect violated\n",
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
        title="Imported files that are too much",
        explanation="All imported files of a program together may hold and make three million values, counted by the work that "
        "they take: some twenty thousand virtual networks, or forty thousand rules. Loops in loops, or definitions that use "
        "each other, make more than any network has. The import stops there: no file exhausts its reader.",
    ),
)
