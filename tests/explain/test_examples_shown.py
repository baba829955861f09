"""The packets that answers show: they look like traffic that somebody would send."""

from __future__ import annotations

from pathlib import Path

import pytest

from asever.model.addresses import format_address
from asever.pipeline import Options, run
from asever.semantics.loading import load_program

NETWORK = """\
on-premises hq { address 192.168.0.0/16 }

vnet corp {
  address 10.0.0.0/16

  subnet apps { address 10.0.1.0/24  nsg closed }
  subnet data { address 10.0.2.0/24 }
}

gateway gw { vnet corp  kind vpn  learns 192.168.0.0/16  to hq }
ase one    { version v2  subnet corp/apps  vip 40.1.1.1 }
vm sql     { subnet corp/data  ip 10.0.2.4 }

nsg closed {
  inbound {
    100 deny any from * to *
  }
}
nsg open {
  inbound {
    100 allow any from * to *
  }
}

"""


def ends(check: str, text: str = NETWORK) -> tuple[str, str]:
    program, diagnostics = load_program(Path("shown.asev"), text=f"{text}check {check}\n")
    assert program is not None, [one.message for one in diagnostics]
    [finding] = run(program, Options()).results
    packet = finding.trace.flow.packet if finding.difference is None else finding.difference.packet
    return format_address(packet.source), format_address(packet.target)


@pytest.mark.parametrize(
    ("check", "source", "target"),
    [
        ("Internet reaches one on tcp 443", "203.0.113.7", "40.1.1.1"),
        ("8.8.0.0/16 reaches one on tcp 443", "8.8.0.1", "40.1.1.1"),
        ("hq reaches corp/data on tcp 443 not via gw", "192.168.0.1", "10.0.2.4"),
        ("sql never reaches hq", "10.0.2.4", "192.168.0.1"),
        ("sql never reaches Internet on tcp 443", "10.0.2.4", "203.0.113.7"),
        # An instance that calls itself sends no packet.
        ("one reaches one.subnet on tcp 443", "10.0.1.5", "10.0.1.4"),
    ],
)
def test_a_flow_has_addresses_of_machines_and_not_of_networks(check, source, target):
    assert ends(check) == (source, target)


def test_a_packet_that_tells_two_nsgs_apart_is_not_the_platforms_own():
    groups = "".join(f"nsg {one} {{ inbound {{ 100 {one} tcp from * to * port 443 }} }}\n" for one in ("allow", "deny"))

    assert ends("nsg allow equals nsg deny", groups) == ("10.0.0.4", "10.0.0.4")
