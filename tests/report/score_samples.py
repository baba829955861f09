"""Scores for the golden files: of the layered architecture after its mistake was mended, cut short."""

from __future__ import annotations

from asever.model.addresses import parse_address
from asever.model.answers import Verdict
from asever.model.packets import TCP, Packet
from asever.model.scores import Caught, Coverage, Fault, Harmless, Part, PartKind, Score, Survivor
from asever.source import SourceFile, Span

FILE = SourceFile("layered-fixed.asev", "nsg data-tier {\n  100 allow\n  200 deny\n}\nsubnet data { nsg data-tier }\n")


def at(text: str) -> Span:
    start = FILE.text.index(text)
    return Span(FILE, start, start + len(text))


SQL = 'inbound rule 100 "SQL from the apps": allow tcp from corp/front-door to * port 1433'
COVERAGE = Coverage(
    parts=(
        Part(kind=PartKind.RULE, resource="nsg data-tier", text=SQL, span=at("100"), by=("SQL sees the range", "two")),
        Part(kind=PartKind.RULE, resource="nsg data-tier", text="inbound rule 200: deny any from * to *", span=at("200")),
        Part(kind=PartKind.ROUTE, resource="route-table out", text="route 0.0.0.0/0 -> internet", by=("two",)),
        Part(kind=PartKind.SETTING, resource="subnet corp/data", text="nsg data-tier", span=at("nsg data-tier }")),
    ),
    met=2,
    checks=3,
)

_PORTS = Fault(
    kind="widen-ports",
    resource="nsg data-tier",
    what='inbound rule 100 "SQL from the apps"',
    before="port 1433",
    after="port 1433-1434",
    span=at("100"),
)
_GONE = Fault(
    kind="drop-rule", resource="nsg data-tier", what="inbound rule 200", before="deny any from * to *", after="", span=at("200")
)
_HERE, _THERE = parse_address("10.0.1.4"), parse_address("10.0.3.4")
SCORE = Score(
    caught=(Caught(fault=_GONE, check="nobody else", verdict=Verdict.VIOLATED),),
    survivors=(
        Survivor(
            fault=_PORTS,
            why="flows that checks cover fare otherwise, and the checks are met all the same",
            checks=("SQL sees the range",),
            packet=Packet(protocol=TCP, source=_HERE, source_port=49152, target=_THERE, target_port=1434),
            fares="dropped, and delivered with the fault",
        ),
        Survivor(fault=_GONE, why="whether it changes anything was not found out in time"),
    ),
    harmless=(Harmless(fault=_GONE, why="nsg data-tier decides every packet as before"),),
    possible=9,
    met=3,
    checks=3,
)
EMPTY = Score(caught=(), survivors=(), harmless=(), possible=0, met=1, checks=1)
