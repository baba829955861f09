"""Whole reports as JSON, of findings that are all there."""

from __future__ import annotations

import json

from asever.report.json import finding_text, report_text


def report_document(report, version="", warnings=()):
    """The text that `check --format json` writes."""
    checks = [finding_text(one) for one in report.results]
    return report_text(checks, report.verdict, report.seconds, version=version, warnings=warnings)


def report_json(report, version="", warnings=()):
    """What that text says."""
    return json.loads(report_document(report, version, warnings))
