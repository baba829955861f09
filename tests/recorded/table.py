"""Writes `docs/azure-verdicts.md` from the recorded sessions: `python -m tests.recorded.table`; `--print` only prints it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.recorded.sessions import ABSENT, ROOT, sessions
from tests.recorded.verdicts import Agreement, Finding, findings

PAGE = ROOT / "docs" / "azure-verdicts.md"
_TITLES = {
    "ipFlowVerify": "IP flow verify",
    "nextHop": "Next hop",
    "connectivityCheck": "Connectivity check",
    "effectiveRouteTable": "Effective routes",
    "effectiveNetworkSecurityGroups": "Effective security rules",
    "securityGroupView": "Security group view",
}
_INTRODUCTION = """\
# Azure's verdicts and ours

<!-- Written by tests/recorded/table.py; run `python -m tests.recorded.table` where the recorded sessions are. -->

Public projects record their tests against real Azure: what was deployed, what was asked, what Azure answered. The tests in
`tests/recorded` import such a recording as it stands ([importing.md](importing.md)), put the same question to ASEver's model
and compare. `make test` does so wherever the recordings stand beside the checkout, in `../shared/corpus` or where
`ASEVER_CORPUS` says, and skips the tests elsewhere; `python -m tests.recorded.table` writes this page from them.

How the answers are compared:

* **IP flow verify**: access and rule. Where the NSGs of the NIC and of the subnet decide alike, Azure names a rule of one of
  them; it must be among those that decide in ours, in the NSG that `ruleId` names.
* **Next hop**: type, address and route table. Azure prints `VirtualNetwork` there where effective routes say `VnetLocal`.
* **Connectivity check**: the status and every hop between the ends. A name is called at the address that Azure's last hop has.
* **Effective routes**: the next hop of every IPv4 address, not the lines.
* **Effective security rules**: every rule with action, protocol, ports and addresses, tags expanded as Azure prints them.
* **Security group view**: the same without expansions. Azure prints `DefaultInboundDenyAll` and `DefaultOutboundDenyAll` beside
  the rules of the same meaning; they count as one.

## What differs, and why

Three things differ in the answers below; "explained" there means these.

* **Ranges to None.** Azure drops more ranges than the four that it documents; which, varies by region and time
  ([azure.md, 5.1](semantics/azure.md#51-system-routes)). The model has the four, so it believes that a packet to another one
  leaves for the Internet. One of the four, 172.16.0.0/12, is missing in recordings of about 2020, as issues #42222 and #77083
  say too.
* **The content of `Internet`.** The model has the set that the oldest recordings print. Newer ones print it without some public
  ranges, about 1 % of it, and with parts of 25.0.0.0/8; which, varies by region and time, and no document says so. Where a
  recording shows the routes too, every range to None is missing in `Internet`. An NSG without rules of its own then denies
  outbound what the model allows.
* **`AzureLoadBalancer` over IPv6.** Recordings since 2020 add fe80::1234:5678:9abc, where probes over IPv6 come from. No packet
  of the model has a link-local address.
"""


def page(found: Iterable[Finding]) -> str:
    """The page for these findings."""
    every = list(found)
    compared = [one for one in every if one.agreement is not Agreement.SAMPLE]
    counts = Counter(one.agreement for one in every)
    lines = [_INTRODUCTION, "## The verdicts", "", _counted(len(compared), counts)]
    for operation, title in _TITLES.items():
        rows = [one for one in compared if one.operation == operation]
        if rows:
            lines += ["", f"### {title}", "", "| session | question | Azure | ASEver | |", "|---|---|---|---|---|"]
            lines += [_row(one) for one in rows]
    samples = [one for one in every if one.agreement is Agreement.SAMPLE]
    if samples:
        lines += [
            "",
            "## Samples",
            "",
            "An answer without its question, or without the network that it is about, shows the format and no more.",
            "",
            "| session | operation | Azure | what is missing |",
            "|---|---|---|---|",
            *(
                f"| {_cell(one.session)} | {_TITLES[one.operation]} | {_cell(one.azure)} | {_cell(one.why)} |"
                for one in samples
            ),
        ]
    return "\n".join((*lines, ""))


def _counted(compared: int, counts: Counter[Agreement]) -> str:
    return (
        f"{compared} verdicts with question and network: {counts[Agreement.AGREE]} agree, "
        f"{counts[Agreement.EXPLAINED]} differ in what is explained above, {counts[Agreement.DISAGREE]} disagree. "
        f"{counts[Agreement.SAMPLE]} samples."
    )


def _row(one: Finding) -> str:
    verdict = one.agreement.value + (f"; {one.why}" if one.why else "")
    return f"| {' | '.join(map(_cell, (one.session, one.question, one.azure, one.ours, verdict)))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def every_finding() -> Iterator[Finding]:
    """The findings of all sessions."""
    for one in sessions():
        yield from findings(one)


def main(arguments: list[str]) -> int:
    """Writes or prints the page; 1 without recordings, 2 for a disagreement."""
    found = list(every_finding())
    if not found:
        print(ABSENT, file=sys.stderr)
        return 1
    text = page(found)
    if "--print" in arguments:
        print(text, end="")
    else:
        PAGE.write_text(text, encoding="utf-8")
    return 2 if any(one.agreement is Agreement.DISAGREE for one in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
