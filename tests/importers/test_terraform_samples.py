"""Every way of writing a network in Terraform is imported as a person has read it, and what stays open is unknown."""

from pathlib import Path

import pytest

from asever.commands.import_ import text_of
from asever.semantics.loading import load_imports, load_program
from tests.golden import assert_accepted
from tests.importers.azure import imported, verdicts
from tests.importers.terraform_samples import SAMPLES

GOLDEN = Path(__file__).parent / "terraform"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_plan_is_written_as_the_network_that_it_makes(name, tmp_path):
    source = tmp_path / "plan.json"
    source.write_text(SAMPLES[name](), encoding="utf-8")
    sheets, diagnostics = load_imports([source], None, {})
    assert sheets, [one.message for one in diagnostics]
    text = text_of(sheets, [source], [one.message for one in diagnostics if one.code == "not-in-the-file"])
    assert_accepted(text, GOLDEN / f"{name}.asev")
    written, _ = load_program(tmp_path / "y.asev", text=text)
    read, _ = load_program(tmp_path / "x.asev", text='import "plan.json"\n')
    assert written.network == read.network


def decided(tmp_path, name, *checks):
    return verdicts(imported(tmp_path, SAMPLES[name](), text="".join(f"check {one}\n" for one in checks)))


@pytest.mark.parametrize(
    ("name", "checks", "expected"),
    [
        ("a-group-on-one-of-several-subnets", ["n never reaches m on tcp 22"], ["unknown"]),
        ("a-rule-of-one-of-several-groups", ["n reaches m on tcp 443"], ["unknown"]),
        ("a-machine-in-a-subnet-that-nobody-knows", ["n never reaches m", "m never reaches n"], ["unknown", "unknown"]),
        ("a-subnet-of-one-of-several-networks", ["n never reaches m", "m never reaches n"], ["unknown", "unknown"]),
        ("two-networks-by-their-gateways", ["a never reaches b/GatewaySubnet"], ["unknown"]),
        ("rules-known-only-after-apply", ["hub/a never reaches n on tcp 22"], ["unknown"]),
    ],
)
def test_what_a_plan_leaves_open_is_unknown(tmp_path, name, checks, expected):
    assert decided(tmp_path, name, *checks) == expected
