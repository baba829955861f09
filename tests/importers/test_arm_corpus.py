"""Every real template gives resources or is refused by name; counted by other means, its rules are all there."""

import os
from pathlib import Path

import pytest

from asever.importers.arm.template import evaluate
from asever.importers.json_text import parse, source_file
from asever.importers.tree import Value

CORPUS = Path(os.environ.get("ASEVER_CORPUS", Path(__file__).resolve().parents[3] / "shared" / "corpus"))
FILES = sorted(path for kind in ("ase_arm", "nsg_arm") for path in (CORPUS / kind).rglob("*.json"))
PAIRS = [path for path in FILES if path.name == "main.symbolicnames.json"]
NOT_TEMPLATES = ("parameters", "version.json", "bicepconfig.json", "mspnp__reference-architectures")

pytestmark = pytest.mark.skipif(not FILES, reason="the corpus is not beside the checkout")


def read(path):
    value = parse(source_file(path.name, path.read_bytes()))
    assert isinstance(value, Value)
    return value


def imported(path):
    given = path.with_name(f"{path.stem}.parameters.json")
    return evaluate(read(path), read(given) if given.exists() else None, {}, path.parent)


def is_template(path):
    return not any(word in str(path.relative_to(CORPUS)).lower() for word in NOT_TEMPLATES)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_template_is_evaluated_and_anything_else_refused_by_name(path):
    result = imported(path)

    assert [one.code for one in result.problems] == ([] if is_template(path) else ["not-a-template"])


@pytest.mark.parametrize("path", PAIRS, ids=str)
def test_symbolic_names_give_equal_resources(path):
    plain, symbolic = imported(path.with_name("main.json")).resources, imported(path).resources

    assert plain
    assert [one for one in symbolic if not one.existing] == list(plain)


def literal_rules(value):
    """The rules that a file spells; None where an expression or a loop may make some."""
    found = 0
    if isinstance(value.plain, tuple):
        counts = [literal_rules(item) for item in value.plain]
        return None if None in counts else sum(counts)
    if not isinstance(value.plain, dict):
        return 0
    if "copy" in value.plain or "condition" in value.plain or "templateLink" in value.plain:
        return None
    for name, member in value.plain.items():
        if name == "securityRules" and not isinstance(member.plain, tuple):
            return None
        inside = literal_rules(member)
        if inside is None:
            return None
        found += inside + (len(member.items) if name == "securityRules" else 0)
    return found + (value.get("type") is not None and str(value.get("type").plain).endswith("/securityRules"))


@pytest.mark.parametrize("path", [path for path in FILES if is_template(path)], ids=str)
def test_all_rules_that_a_template_spells_are_there(path):
    spelled = literal_rules(Value(plain={"resources": read(path).get("resources")}))
    if spelled is None:
        pytest.skip("loops, conditions or expressions make its rules")
    resources = imported(path).resources

    inside = sum(literal_rules(one.properties) for one in resources)
    assert inside + sum(one.kind.endswith("/securityRules") for one in resources) == spelled
