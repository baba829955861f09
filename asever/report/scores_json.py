"""Coverage and mutation scores for machines (`scores-schema.json` describes both)."""

from __future__ import annotations

from asever.model.scores import Coverage, Fault, Score
from asever.report.json import Json, location_json, packet_json


def coverage_json(found: Coverage, *, version: str) -> Json:
    """Every part, tested or not."""
    return {
        "asever": version,
        "percent": round(found.percent, 1),
        "covered": found.covered,
        "total": len(found.parts),
        "checks": found.checks,
        "met": found.met,
        "parts": [
            {
                "kind": one.kind.value,
                "resource": one.resource,
                "text": one.text,
                "location": location_json(one.span),
                "covered": bool(one.by),
                "by": list(one.by),
            }
            for one in found.parts
        ],
    }


def score_json(score: Score, *, version: str) -> Json:
    """Every fault that was tried."""
    return {
        "asever": version,
        "percent": round(score.percent, 1),
        "possible": score.possible,
        "tried": score.tried,
        "checks": score.checks,
        "met": score.met,
        "survived": [
            {
                **_fault(one.fault),
                "why": one.why,
                "checks": list(one.checks),
                "packet": None if one.packet is None else packet_json(one.packet),
                "fares": one.fares,
            }
            for one in score.survivors
        ],
        "caught": [{**_fault(one.fault), "check": one.check, "verdict": one.verdict.value} for one in score.caught],
        "not_counted": [{**_fault(one.fault), "why": one.why} for one in score.harmless],
    }


def _fault(one: Fault) -> Json:
    return {
        "fault": one.kind,
        "resource": one.resource,
        "what": one.what,
        "before": one.before,
        "after": one.after or None,
        "location": location_json(one.span),
    }
