"""Azure resources as every source gives them: one record, whatever it was read from."""

from __future__ import annotations

from asever.importers.tree import Value
from asever.record import field, record
from asever.source import Span


@record
class Resource:
    """One resource of Azure.

    `kind` is the full type in Azure's spelling (`Microsoft.Network/networkSecurityGroups/securityRules`), compared without
    regard to case. `name` has the names of the parents before its own (`vnet/subnet`). `id` is the resource id as references
    spell it, with whatever a source puts in place of subscription and group; None where the source has none. `properties` are
    as in the resource's ARM schema, whatever the source (a flattened or Terraform source is brought into that shape); `body` is
    the whole resource as written (sku, location, zones, identity). `existing` is only referred to, not made. `doubt` names the
    symbol that decides whether it exists at all (a condition that only a deployment knows).
    """

    kind: str
    name: str
    id: str | None = None
    location: str | None = None
    properties: Value
    body: Value
    existing: bool = False
    doubt: str | None = None
    span: Span | None = field(default=None, compare=False)


@record
class Imported:
    """What one foreign file holds: its resources in order, and what had to be left out, each with the reason.

    `unknown` are resources of types that the model does not know, by type and name: paths through them are unknown.
    """

    source: str
    resources: tuple[Resource, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
