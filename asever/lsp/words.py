"""The language's own words in a sentence each, as docs/language.md has them; kinds and attributes are in the schema."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "import": "reads another file: a specification, `std/…` of the library, or JSON of Azure's or Terraform's",
    "as": "in an import: the prefix of its names; in a check: the called side sees a source inside these addresses",
    "with": "the parameter file of a template",
    "service": "names protocols and ports, for `on`",
    "tag": "names addresses; without any nobody knows them",
    "pack": "names a set of checks, with parameters",
    "apply": "asks the checks of a pack about these things",
    "check": "a claim that is proved, or refuted by a packet that breaks it",
    "inbound": "rules for what comes to the machines",
    "outbound": "rules for what the machines send",
    "from": "where packets come from",
    "to": "where packets go to",
    "port": "the ports of the side before it",
    "route": '`route ["name"] PREFIX-or-TAG -> internet|vnet-local|gateway|appliance ADDRESS|none|unknown`',
    "rule": "which port of the frontend leads to which port of the machines",
    "appliance": "a next hop by its address",
    "on": "the services that a check is about; without it, every protocol and port",
    "reaches": "every flow is delivered and its reply comes back: from any address, any port, to any instance that answers",
    "can": "`A can reach B`: some flow is delivered and its reply comes back; the answer shows one",
    "never": "`A never reaches B`: no packet from A is delivered to B",
    "only": "`only A, C reach B`: nothing but A and C is delivered to B",
    "is": "`A is healthy`: everything that the platform requires of an environment holds",
    "healthy": "everything that the platform requires of an environment holds: the shipped pack of its version",
    "equals": "two nsgs decide every packet alike",
    "permits": "`nsg X permits no more than nsg Y`: whatever X allows, Y allows",
    "has": "`nsg X has no dead rules`: every rule of X decides at least one packet",
    "via": "the path passes this firewall, appliance or gateway",
    "not": "`not via R`: the path does not pass R",
    "within": "`within region`: the path never leaves the regional Azure network",
    "except": "`except from X, …`: flows whose true origin is X are left out",
    "expect": "`expect violated`: the check is met when a counterexample exists",
    "allow": "lets packets pass",
    "deny": "drops packets",
    "always-allow": "admin rules: lets packets pass whatever NSGs say",
    "dnat": "firewalls: hands packets to another address and port",
}

PHRASES: Mapping[str, str] = {
    "can": "can reach",
    "never": "never reaches",
    "is": "is healthy",
    "permits": "permits no more than nsg",
    "has": "has no dead rules",
    "equals": "equals nsg",
    "not": "not via",
    "within": "within region",
    "except": "except from",
    "expect": "expect violated",
}
"""How a keyword goes on, where there is one way only."""
