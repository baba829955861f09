"""Every reported failure: the answer names its real cause, at its line, and tells the way of the packet to it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from asever.model.answers import Finding, Report, Verdict
from asever.model.program import Program
from asever.pipeline import Options, run
from asever.record import record
from asever.report.text import render_report
from asever.semantics.loading import load_program
from asever.source import Span

ROOT = Path(__file__).resolve().parents[2]
FAILURES = sorted((ROOT / "examples" / "failures").glob("*.asev"))
PAGE = ROOT / "examples" / "README.md"


@record
class Cause:
    """What the answer to one broken check has to name.

    `stops` is what stands in the packet's way first, as resource and rule, and `line` what stands at its place in the file.
    `nearly` is a rule that all but let it pass: its name, the field, and what the packet carries there. `facts` are words of
    the catalogue, `hangs_on` readings of assumptions. `told` are pieces of the report, in their order.
    """

    file: str
    check: str
    stops: tuple[str, str] | None = None
    line: str = ""
    nearly: tuple[str, str, str] | None = None
    facts: tuple[str, ...] = ()
    hangs_on: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


CAUSES = (
    Cause(
        file="f01",
        check="the probes are dropped",
        stops=("broken-rules", "nothing else"),
        line='4000 "nothing else" deny any from * to *',
        facts=("health-probe",),
        told=(
            "from AzureLoadBalancer to ase broken",
            "Azure's platform calls",
            "nsg broken-rules inbound: drops it",
            'rule 4000 "nothing else"',
        ),
    ),
    Cause(
        file="f02",
        check="the probes are dropped",
        stops=("broken-rules", "nobody inside"),
        line='1000 "nobody inside" deny any from VirtualNetwork to *',
        facts=("health-probe", "virtual-network-tag"),
        told=("from AzureLoadBalancer to ase broken", 'rule 1000 "nobody inside" of nsg broken-rules drops it'),
    ),
    Cause(
        file="f03",
        check="the machine is out of reach",
        stops=("environment", "calls to other machines of the environment's own subnet"),
        line="ase environment { version v1 subnet network/environment vip 40.91.1.1 }",
        facts=("same-subnet-block",),
        told=("an instance calls beside.ip", "Azure's platform drops calls to other machines", "whatever the rules say"),
    ),
    Cause(
        file="f04",
        check="a: the app does not reach the machine",
        stops=("beside", "calls to other machines of the environment's own subnet"),
        facts=("same-subnet-block",),
    ),
    Cause(
        file="f04",
        check="a: the machine may reach the app",
        facts=("same-subnet-block",),
        hangs_on=("same-subnet-to-environment=blocked",),
        told=("the platform keeps an environment and other machines of its subnet apart",),
    ),
    Cause(
        file="f04",
        check="b: the app does not reach the machine",
        stops=("closed-rules", "nothing else"),
        line='200 "nothing else" deny any from * to *',
        nearly=("RDP from headquarters", "source and destination port", "10.11.0.4 and 443"),
        told=("nsg closed-rules inbound: drops it", 'rule 200 "nothing else" of nsg closed-rules drops it'),
    ),
    Cause(
        file="f05",
        check="the apps do not answer",
        stops=("to-the-firewall", "0.0.0.0/0 -> VirtualAppliance 10.0.0.4"),
        line='route "default" 0.0.0.0/0 -> appliance 10.0.0.4',
        facts=("reply-path",),
        told=(
            "is delivered, but its reply is lost",
            "Internet calls broken.vip",
            "destination 40.91.1.1 (broken.vip) -> 10.0.1.4",
            "the reply:",
            "0.0.0.0/0 -> VirtualAppliance 10.0.0.4 (route default of to-the-firewall)",
            "firewall wall drops it, because it has not seen the call",
        ),
    ),
    Cause(
        file="f06",
        check="the reply alone meets the firewall",
        stops=("network-by-the-firewall", "10.0.0.0/16 -> VirtualAppliance 10.0.0.4"),
        line='route "network" 10.0.0.0/16 -> appliance 10.0.0.4',
        facts=("reply-path",),
        told=("calls broken.ilb", "10.0.0.0/16 -> VnetLocal", "the reply:", "firewall wall drops it, because it has not seen"),
    ),
    Cause(
        file="f07",
        check="the others do not",
        stops=("of-its-own-region", "0.0.0.0/0 -> VirtualAppliance 10.0.0.4"),
        line='route "default" 0.0.0.0/0 -> appliance 10.0.0.4',
        facts=("reply-path",),
        told=("while others that the check covers get through", "from AzureManagement to broken.vip", "the reply:", "vm nva"),
    ),
    Cause(
        file="f08",
        check="headquarters are cut off",
        stops=("option-b", "172.20.0.0/16 -> VirtualNetworkGateway"),
        line='route "headquarters" 172.20.0.0/16 -> gateway',
        told=("which is invalid: a route leads to a VPN gateway that stands alone, not to ExpressRoute (circuit)",),
    ),
    Cause(
        file="f09",
        check="the database turns it away",
        stops=("database", "its access list admits broken.vip only"),
        line="platform-service database { service Sql allows broken.vip }",
        facts=("service-access-list", "forced-tunnel"),
        told=(
            "an instance calls database",
            "0.0.0.0/0 -> VirtualNetworkGateway circuit (learned)",
            "source 10.1.1.4 -> an unknown address",
            "platform-service database its access list admits broken.vip only",
        ),
    ),
    Cause(
        file="f09",
        check="Azure SQL sees another address",
        facts=("forced-tunnel",),
        told=(
            "Sql sees another source, not broken.vip",
            "0.0.0.0/0 -> VirtualNetworkGateway circuit (learned)",
            "an unknown address",
            "why: it leaves through on-premises network hq, which may block it and gives it an address of its own",
        ),
    ),
    Cause(
        file="f09",
        check="management loses its replies too",
        stops=("circuit", "0.0.0.0/0 -> VirtualNetworkGateway circuit"),
        line="gateway circuit { vnet broken-network kind expressroute learns 0.0.0.0/0, 172.20.0.0/16 to hq }",
        facts=("reply-path",),
        told=("the reply must leave by the Internet, by the address that was called",),
    ),
    Cause(
        file="f10",
        check="port 80 is closed",
        stops=("broken-rules", "nothing else"),
        line='4000 "nothing else" deny any from * to Internet',
        nearly=("HTTPS", "destination port", "80"),
        told=("nsg broken-rules outbound: drops it", "rule 100 HTTPS", "wants destination port 443 and the packet carries 80"),
    ),
    Cause(
        file="f11",
        check="Azure Files is closed",
        stops=("broken-rules", "SMB never leaves"),
        line='100 "SMB never leaves" deny tcp from * to Internet port 445',
    ),
    Cause(
        file="f12",
        check="monitoring is dropped",
        stops=("strict-wall", ""),
        nearly=("web", "destination port", "12000"),
        told=("(route the rest of by-the-strict-wall)", "firewall strict-wall network rules: drops it"),
    ),
    Cause(
        file="f14",
        check="the subnet alone is a bet",
        stops=("range-only-rules", "nobody else here"),
        nearly=("One's subnet", "source", "40.91.1.1"),
        hangs_on=("ase-v1-cross-call-source=vip",),
        told=("source 10.0.1.4 -> 40.91.1.1 (one.vip)", "is taken as an Internet call", "40.91.1.1 comes from here"),
    ),
    Cause(
        file="f14",
        check="so is the VIP alone",
        nearly=("One's VIP", "source", "10.0.1.4"),
        hangs_on=("ase-v1-cross-call-source=instance",),
        told=("inside the virtual network a call carries the address of the instance",),
    ),
    Cause(
        file="f15",
        check="from another region",
        stops=("version-2", "version-2.ilb does not answer over global peering"),
        line="ase version-2 { version v2 subnet europe/version-2 vip 40.91.1.1 ilb 10.1.1.10 }",
        facts=("global-peering",),
        told=("calls version-2.ilb", "does not answer over global peering"),
    ),
    Cause(
        file="f16",
        check="Visual Studio 2019 stays out",
        stops=("broken-rules", "DenyAllInBound"),
        nearly=("remote debug", "destination port", "4024"),
        told=("wants destination port 4016-4022 and the packet carries 4024",),
    ),
    Cause(
        file="f17",
        check="not its VIP",
        told=("hq sees the source 10.0.1.4, not environment.vip", "nothing on the way translates the source"),
    ),
    Cause(
        file="f17",
        check="not the instances of one day",
        told=("hq sees the source 10.0.1.21, not 10.0.1.4-10.0.1.20",),
    ),
    Cause(
        file="f18",
        check="the Internet gets in",
        facts=("virtual-network-tag",),
        hangs_on=("default-route-widens-virtual-network=yes",),
        told=(
            "is delivered, although the check forbids it",
            "calls broken.public-ip",
            "rule 100 inside lets it pass",
            "why: rule 100 inside of nsg broken-rules lets it pass",
        ),
    ),
    Cause(
        file="f19",
        check="calls out die at the appliance",
        stops=("no-rules-at-the-nva", "DenyAllInBound"),
        facts=("virtual-network-tag",),
        told=(
            "outbound: rule 65000 AllowVnetOutBound lets it pass",
            "(route default of to-broken-nva)",
            "inbound: drops it",
            "is not in VirtualNetwork",
        ),
    ),
    Cause(
        file="f20",
        check="monitoring is denied",
        stops=("broken-rules", "nothing else"),
        nearly=("HTTPS to the Internet", "destination", "20.50.0.1"),
        hangs_on=("internet-minus-vnet=yes", "default-route-widens-virtual-network=yes"),
    ),
    Cause(
        file="f21",
        check="version 2: not by its VIP",
        stops=("version-2", "FTP arrives on the ILB address of version-2"),
        facts=("ilb-placement",),
    ),
    Cause(
        file="f21",
        check="version 3: no ping, no FTP",
        stops=("no-ping", "nothing else"),
        line='200 "nothing else" deny any from * to *',
        nearly=("health ping", "destination port", "21"),
        facts=("health-probe",),
        told=("is dropped because a health probe is", "health probe on port 21", "nsg no-ping inbound: drops it"),
    ),
    Cause(
        file="f22",
        check="and anybody else's",
        facts=("service-endpoint",),
        told=(
            "is delivered, although the check forbids it",
            "outbound: rule 100 SQL lets it pass",
            "Sql -> VirtualNetworkServiceEndpoint (subnet network/broken)",
            "platform-service somebody-elses delivered",
            "why: rule 100 SQL of nsg only-sql lets it pass",
        ),
    ),
    Cause(
        file="f23",
        check="the IP-SSL address does not",
        stops=("by-the-subnet", "DenyAllInBound"),
        nearly=("the clients", "source", "40.80.1.6"),
        told=(
            "0.0.0.0/0 -> Internet (system route)",
            "source 10.0.1.4 (client.ip) -> 40.80.1.6 (client.public-ip)",
            "port 443 -> 20002",
            "nsg by-the-subnet inbound: drops it",
        ),
    ),
    Cause(
        file="f25",
        check="the agent runs into a time-out",
        stops=("broken-rules", "nothing else"),
        nearly=("the app gateway", "source", "172.20.5.20"),
        told=("on-premises hq calls broken.ilb", "gateway vpn into vnet network", 'rule 200 "the app gateway"'),
    ),
    Cause(
        file="f26",
        check="a name that leads to the VIP",
        stops=("plain", "the web arrives on the ILB address of plain"),
        facts=("ilb-placement",),
    ),
    Cause(
        file="f26",
        check="a group without a rule",
        stops=("closed-rules", "nothing else"),
        line='4000 "nothing else" deny any from * to *',
        nearly=("ourselves", "source", "10.0.0.4"),
    ),
)


@cache
def answered(path: Path) -> tuple[Program, Report]:
    program, diagnostics = load_program(path)
    assert program is not None, [one.message for one in diagnostics.errors]
    return program, run(program, Options())


def finding_of(cause: Cause) -> tuple[Program, Report, Finding]:
    [path] = [path for path in FAILURES if path.name.startswith(f"{cause.file}-")]
    program, report = answered(path)
    [finding] = [one for one in report.results if one.check.name == cause.check]
    return program, report, finding


def source_of(span: Span | None) -> str:
    """The line that a span begins on, without its layout."""
    assert span is not None
    return " ".join(span.file.text.splitlines()[span.line - 1].split("//")[0].split())


def caused(finding: Finding) -> set[str]:
    return {f"{one.name}={one.value}" for one in finding.dependences}


def prose(finding: Finding, program: Program, report: Report) -> str:
    """The report of one finding, in full and as one line, as if the check were not expected to be violated."""
    alone = replace(report, results=(replace(finding, check=replace(finding.check, expect_violated=False)),))
    return " ".join(render_report(alone, program).split())


@pytest.mark.parametrize("cause", CAUSES, ids=lambda one: f"{one.file}: {one.check}")
def test_the_answer_names_the_cause(cause):
    program, report, finding = finding_of(cause)

    assert finding.verdict is Verdict.VIOLATED
    if cause.stops is not None:
        first = finding.blockers[0]
        assert first.resource == cause.stops[0]
        assert first.rule.startswith(cause.stops[1])
    if cause.line:
        assert source_of(finding.blockers[0].location) == cause.line
    misses = [(one.rule, one.field, one.sees) for one in finding.near_misses]
    assert misses[:1] == ([] if cause.nearly is None else [cause.nearly])
    assert set(cause.facts) <= set(finding.facts)
    assert caused(finding) == set(cause.hangs_on)
    text = prose(finding, program, report)
    assert re.search(".*".join(re.escape(one) for one in cause.told), text), text


@pytest.mark.parametrize("path", FAILURES, ids=lambda one: one.stem)
def test_cause_and_cure_stand_side_by_side(path):
    _, report = answered(path)
    cures = [one for one in report.results if one.check.name.lower().removeprefix("a ").removeprefix("b ").startswith("cured")]

    assert cures
    assert all(one.verdict is Verdict.HOLDS and not one.check.expect_violated for one in cures)
    if path.stem != "f24-no-room-to-scale":  # it is a warning that says so: no packet is lost
        assert any(one.check.expect_violated for one in report.results)
        assert any(path.stem.startswith(cause.file) for cause in CAUSES)


def test_every_reported_failure_is_listed_with_its_file_or_the_reason_why_it_has_none():
    rows = re.findall(r"^\| (F\d+) \|[^|]+\| (?:`([\w-]+)`|none: [^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert [number for number, _ in rows] == [f"F{number}" for number in range(1, 27)]
    assert [file for _, file in rows if file] == [path.stem for path in FAILURES]


def test_every_file_names_its_report():
    for path in FAILURES:
        head = path.read_text(encoding="utf-8").partition("\n\n")[0]
        assert head.startswith(f"// F{int(path.stem[1:3])}: ")
        assert re.search(r"(?:issues?|pull request) \d+", head)
