"""What a name stands for, and what is said of one that stands for nothing."""

from __future__ import annotations

import pytest

from asever.model.azure_tags import canonical_tag, is_azure_tag
from asever.model.claims import EndpointKind
from tests.semantics.programs import ENVIRONMENT, NET, PAIR, checks, codes, marked, network, problem, problems, rules

# -- What is known ------------------------------------------------------------------------------------------------------


def test_order_does_not_matter():
    backwards = "check x reaches y on s\nservice s = t\nservice t = tcp 80\n" + "\n".join(
        reversed(PAIR.strip().rsplit("\n", 2))
    )
    assert checks(backwards)[0].text == "x reaches y on s"


def test_a_quoted_name_is_the_bare_one():
    text = NET + 'vm "x" { subnet "v"/a  ip 10.0.1.4 }\ncheck x reaches "x".ip on tcp 80\n'
    assert network(text).machines["x"].subnet == "v/a"


def test_names_with_spaces_have_parts_and_subnets():
    text = 'vnet "my net" {\n  address 10.0.0.0/16\n  subnet "a b" { address 10.0.1.0/24 }\n}\n'
    text += 'vm "my vm" { subnet "my net"/"a b"  ip 10.0.1.4 }\ncheck "my vm" reaches "my vm".ip on tcp 80\n'
    assert network(text).machines["my vm"].subnet == "my net/a b"


def test_no_word_is_reserved():
    text = NET + "vm check { subnet v/a  ip 10.0.1.4 }\nvm nsg { subnet v/b  ip 10.0.2.4 }\ncheck check reaches nsg on tcp 80\n"
    claim = checks(text)[0].claim
    assert (claim.subjects[0].name, claim.target.name) == ("check", "nsg")


def test_a_service_may_have_the_name_of_a_machine():
    assert checks(PAIR + "service x = tcp 80\ncheck y reaches x on x\n")[0].text == "y reaches x on x"


@pytest.mark.parametrize(
    ("written", "kind", "name"),
    [
        ("e", EndpointKind.ENVIRONMENT, "e"),
        ("x", EndpointKind.MACHINE, "x"),
        ("v", EndpointKind.VNET, "v"),
        ("v/b", EndpointKind.SUBNET, "v/b"),
        ("e.subnet", EndpointKind.SUBNET, "v/a"),
        ("e.vip", EndpointKind.ADDRESSES, "e.vip"),
        ("x.ip", EndpointKind.ADDRESSES, "x.ip"),
        ("Internet", EndpointKind.INTERNET, "Internet"),
        ("INTERNET", EndpointKind.INTERNET, "Internet"),
        ("AzureManagement", EndpointKind.MANAGEMENT, "AzureManagement"),
        ("AzureLoadBalancer", EndpointKind.TAG, "AzureLoadBalancer"),
        ("azure_loadbalancer", EndpointKind.TAG, "AzureLoadBalancer"),
        ("sql.westeurope", EndpointKind.TAG, "Sql.westeurope"),
        ("partners", EndpointKind.TAG, "partners"),
        ("Partners", EndpointKind.TAG, "partners"),
        ("10.9.0.0/16", EndpointKind.ADDRESSES, "10.9.0.0/16"),
    ],
)
def test_what_stands_at_an_end(written, kind, name):
    text = ENVIRONMENT + "vm x { subnet v/b  ip 10.0.2.4 }\ntag partners = 20.1.1.1\n" + f"check {written} never reaches v/b\n"
    subject = checks(text)[0].claim.subjects[0]
    assert (subject.kind, subject.name) == (kind, name)


def test_a_thing_comes_before_a_tag_of_azure():
    text = NET + "vm Sql { subnet v/a  ip 10.0.1.4 }\ncheck Sql reaches v/b on tcp 80\ncheck SQL never reaches v/b\n"
    first, second = (check.claim.subjects[0].kind for check in checks(text))
    assert (first, second) == (EndpointKind.MACHINE, EndpointKind.TAG)


@pytest.mark.parametrize(
    "text", ["Storage", "storage.WestEurope", "AzureFrontDoor.Backend", "VIRTUAL_NETWORK", "appservicemanagement"]
)
def test_tags_of_azure(text):
    assert is_azure_tag(text)


@pytest.mark.parametrize("text", ["Storge", "Internet.WestEurope", "Storage.", "corp", "WestEurope", ""])
def test_what_is_no_tag_of_azure(text):
    assert not is_azure_tag(text)
    assert canonical_tag(text) == text or text.startswith("Internet")


# -- What is not --------------------------------------------------------------------------------------------------------


def test_an_unknown_name_shows_the_nearest_of_its_kind_and_where_it_is():
    one = problem(
        "vnet v {\n  address 10.0.0.0/16\n  subnet a { address 10.0.1.0/24  nsg lokdown }\n}\nnsg lockdown { }\nasg lokdow\n"
    )
    assert one.code == "unknown-name"
    assert one.message == "there is no nsg called `lokdown`"
    assert marked(one) == "lokdown"
    assert one.help == "did you mean `lockdown`?"
    assert [label.span.text for label in one.secondary] == ["lockdown"]
    assert [(edit.span.text, edit.replacement) for edit in one.edits] == [("lokdown", "lockdown")]


@pytest.mark.parametrize(
    ("written", "message", "meant"),
    [
        ("v/aa", "there is no subnet called `aa` in vnet `v`", None),
        ("v/back-edn", "there is no subnet called `back-edn` in vnet `v`", "back-end"),
        ("back-end", "there is no thing or tag called `back-end`", "v/back-end"),
        ("oen.vip", "there is no thing or tag called `oen`", "one.vip"),
        ("one.vp", "an ase has no `vp`", "one.vip"),
        ("Storge.WestEurope", "there is no thing or tag called `Storge.WestEurope`", "Storage.WestEurope"),
        ("ONE", "there is no thing or tag called `ONE`", "one"),
        ("tow", "there is no thing or tag called `tow`", "two"),
        ("nothing-like-it", "there is no thing or tag called `nothing-like-it`", None),
        ("my-thng", "there is no thing or tag called `my-thng`", '"my thing"'),
    ],
)
def test_what_is_said_of_an_unknown_end(written, message, meant):
    text = (
        "vnet v {\n  address 10.0.0.0/16\n  subnet back-end { address 10.0.1.0/24 }\n  subnet far { address 10.0.2.0/24 }\n}\n"
    )
    text += "ase one { version v2  subnet v/back-end  vip 40.1.1.1 }\nasg two\n"
    text += 'vm "my thing" { subnet v/far  ip 10.0.2.4 }\n'
    one = problem(f"{text}check {written} never reaches v/far\n")
    assert one.message == message
    assert one.help == (f"did you mean `{meant}`?" if meant else None)


def test_a_name_of_the_wrong_kind_says_what_it_is_and_what_is_needed():
    one = problem(PAIR + "nsg g { }\ncheck nsg x equals nsg g\n")
    assert one.code == "wrong-kind"
    assert one.message == "`x` is a vm, where an nsg is needed"
    assert one.secondary[0].span.line == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("check x reaches y on y\n", "`y` is a vm, where a service or a protocol is needed"),
        ("service s = tcp 80\ncheck x reaches s\n", "`s` is a service, where a thing or tag is needed"),
    ],
)
def test_services_and_things_are_told_apart(text, message):
    assert problem(PAIR + text).message == message


def test_without_the_library_a_service_says_where_services_come_from():
    assert "std/services" in (problem(PAIR + "check x reaches y on https\n").help or "")


@pytest.mark.parametrize(
    "second",
    ["vm x { subnet v/b  ip 10.0.2.5 }\n", "nsg x { }\n", "tag x = 20.1.1.1\n", "vnet x { address 10.9.0.0/16 }\n"],
)
def test_a_name_defined_twice_shows_both_places(second):
    one = problem(PAIR + second)
    assert one.code == "defined-twice"
    assert marked(one) == "x"
    assert [label.span.line for label in one.secondary] == [7]
    assert one.primary.span.line > 7


def test_the_second_of_two_subnets_changes_nothing():
    text = "vnet v {\n  address 10.0.0.0/16\n  subnet a { address 10.0.1.0/24 }\n  subnet a { address 10.9.1.0/24 }\n}\n"
    assert codes(text) == ["defined-twice"]


def test_tags_compare_without_regard_to_case():
    assert codes("tag sql = 20.1.1.1\ntag SQL = 20.1.1.2\n") == ["defined-twice"]
    assert set(network("tag sql = 20.1.1.1\n").tags) == {"Sql"}


# -- No second error for the first --------------------------------------------------------------------------------------


def test_a_declaration_with_errors_still_defines_its_name():
    text = NET + "vm x { subnet v/a }\nase e { version v9  subnet v/b }\ncheck x reaches e on tcp 80\ncheck e is healthy\n"
    assert sorted(codes(text)) == ["missing-attribute", "unknown-word"]


def test_a_misspelt_attribute_is_not_missing_too():
    assert codes(NET + "vm x { subnt v/a  ip 10.0.1.4 }\n") == ["unknown-attribute"]


def test_what_a_broken_item_defines_is_not_unknown():
    text = "vmet v {\n  address 10.0.0.0/16\n  subnet a { address 10.0.1.0/24 }\n}\nvm x { subnet v/a  ip 10.0.1.4 }\n"
    assert codes(text) == ["unknown-kind"]
    assert codes("tag t 20.1.1.1\n" + rules("100 allow tcp from t to *")) == ["expected-equals"]


def test_what_stood_on_a_broken_line_is_neither_missing_nor_unknown():
    text = "vnet v {\n  address 10.0.0.0/16\n  subnet a { address 10.0.1.0 24 }\n  subnet b { address 10.0.2.0/24 }\n}\n"
    text += "vm x { subnet v/a  ip 10.0.1.4 }\nvm y { subnet v/b  ip 10.0.2.4 }\n"
    assert len(codes(text)) == 1


def test_what_a_failed_import_may_bring_is_not_unknown():
    text = PAIR + 'import "std/servces"\ncheck x reaches y on https\n'
    assert codes(text) == ["no-such-file"]
    text = PAIR + 'import "nowhere" as far\ncheck far.x reaches y\ncheck nearby reaches y\n'
    assert sorted(codes(text)) == ["no-such-file", "unknown-name"]


def test_independent_errors_are_found_in_one_run():
    text = """
vnet v {
  address 10.0.0.0/16
  subnet a { address 10.0.1.0/24  nsg gg }
  subnet b { address 10.0.1.128/25 }
}
nsg g { inbound { 99 allow tcp form * to * } }
ase e { version v2  subnet v/a  vip 192.168.0.1 }
vm x { subnet v/b  ip 10.0.1.128 }
check e reaches z on tcp 80
check e reaches x on tpc 80
"""
    found = {(one.primary.span.line, one.code) for one in problems(text)}
    assert {
        (4, "unknown-name"),
        (5, "overlapping-subnets"),
        (8, "private-vip"),
        (9, "reserved-address"),
        (10, "unknown-name"),
    } < found
    assert any(line == 7 for line, _ in found)
    assert any(line == 11 for line, _ in found)
