"""`asever explain` as JSON; `schema.json` documents it."""

from __future__ import annotations

from collections.abc import Mapping

from asever.model.addresses import format_address
from asever.model.explanations import Explanation, Group, RuleTraffic, Traffic
from asever.model.numbers import NumberSet
from asever.model.packets import format_protocol
from asever.model.regions import Region
from asever.report.json import Json, blocker_json, finding_json, near_miss_json


def explanation_document(found: Explanation, *, version: str) -> Json:
    """The whole document."""
    return {"asever": version, "explanation": explanation_json(found)}


def explanation_json(found: Explanation) -> Json:
    """One explained check."""
    return {
        "check": finding_json(found.finding),
        "traffic": [_traffic(one) for one in found.traffic],
        "differences": [_difference(one) for one in found.differences],
        "proved": found.proved,
        "problem": found.problem or None,
        "readings": [
            {
                "assumptions": _pairs(one.readings),
                "verdict": one.verdict.value,
                "lost": one.lost,
                "delivered": one.delivered,
                "open": one.open,
            }
            for one in found.readings
        ],
        "blockers": [blocker_json(one) for one in found.blockers],
        "near_misses": [near_miss_json(one) for one in found.near_misses],
        "lets_in": found.lets_in,
        "walked": found.walked,
        "requirements": [explanation_json(one) for one in found.requirements],
    }


def _pairs(readings: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in readings.items()]


def _traffic(one: Traffic) -> Json:
    return {
        "fares": one.fares,
        "packets": one.count,
        "covered": one.covered,
        "all": one.count == one.covered,
        "assumptions": _pairs(one.readings),
        "groups": [_group(each) for each in one.groups if each.count],
    }


def _group(one: Group) -> Json:
    return {
        "from": one.subject,
        "to": one.target,
        "packets": one.count,
        "covered": one.covered,
        "bound": one.bound,
        "source_tags": sorted(one.source_tags),
        "destination_tags": sorted(one.target_tags),
        "rectangles": [region_json(each) for each in one.rectangles],
    }


def _difference(one: RuleTraffic) -> Json:
    return {
        "where": one.where,
        "passes": one.left,
        "drops": one.right,
        "packets": one.count,
        "rectangles": [{**region_json(region), "if": list(conditions)} for region, conditions in one.rectangles],
    }


def region_json(region: Region) -> Json:
    """A product set of packets: inclusive ranges for each field."""
    protocol, source, source_port, target, target_port = region
    return {
        "protocols": [format_protocol(one) for one in protocol],
        "source": _addresses(source),
        "source_ports": [list(one) for one in source_port.ranges],
        "destination": _addresses(target),
        "destination_ports": [list(one) for one in target_port.ranges],
    }


def _addresses(numbers: NumberSet) -> list[list[str]]:
    return [[format_address(low), format_address(high)] for low, high in numbers.ranges]
