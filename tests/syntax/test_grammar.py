"""The grammar: every construct parses to the node it should be, names are not reserved, and nothing is ambiguous."""

import lark
import pytest

from asever import resources
from asever.diagnostics import Diagnostics
from asever.model.addresses import parse_addresses
from asever.source import SourceFile
from asever.syntax import nodes
from asever.syntax.parser import parse


def items(text):
    diagnostics = Diagnostics()
    tree = parse(SourceFile("test.asev", text), diagnostics)
    assert [one.message for one in diagnostics] == []
    return tree.items


def item(text):
    found = items(text)
    assert len(found) == 1
    return found[0]


def rule(text):
    return item(f"nsg g {{ inbound {{ {text} }} }}").body.items[0].rules[0]


@pytest.mark.parametrize("start", ["start", "one"])
def test_the_grammar_has_no_conflict(start):
    lark.Lark(resources.grammar_text(), parser="lalr", lexer="basic", start=start, strict=True)


WORDS = (
    *(
        "nsg",
        "inbound",
        "outbound",
        "route",
        "rule",
        "check",
        "import",
        "from",
        "to",
        "port",
        "ports",
        "on",
        "as",
        "via",
        "not",
    ),
    *(
        "within",
        "region",
        "except",
        "expect",
        "violated",
        "tag",
        "service",
        "pack",
        "apply",
        "no",
        "more",
        "than",
        "dead",
        "rules",
    ),
    *("healthy", "with", "vnet", "ase", "appliance"),
)


@pytest.mark.parametrize("word", WORDS)
def test_no_word_is_reserved(word):
    program = items(
        f"vnet {word} {{ address 10.0.0.0/16 subnet {word} {{ address 10.0.1.0/24 nsg {word} }} }}\n"
        f"vm {word} {{ subnet {word}/{word} ip 10.0.1.4 }}\n"
        f"nsg {word} {{ inbound {{ 100 allow tcp from {word}, {word}/{word} port 1 to {word} port 80 }} }}\n"
        f"check {word} reaches {word} on {word}, tcp 80 as {word} via {word} except from {word}\n"
    )

    assert program[1].name.text == word
    assert program[3].claim.subjects[0].text == word
    assert program[3].services[0].text == word


@pytest.mark.parametrize("verb", ["reaches", "can", "never", "is", "equals", "permits", "has"])
def test_a_subject_that_is_called_like_a_verb_stands_in_quotes(verb):
    assert item(f'check "{verb}" reaches {verb}').claim.subjects[0].text == verb


def test_a_quoted_name_is_the_bare_one():
    assert items('vm "x" { subnet "v"/"a" ip 10.0.0.4 }') == items("vm x { subnet v/a ip 10.0.0.4 }")
    assert item('check x reaches "My VM".ip').claim.target.text == "My VM.ip"


def test_a_rule_has_all_its_parts():
    found = rule('200 "front door" allow tcp from 10.0.1.0/26, one.vip port 1024-65535 to corp/back-end port 80, 443')

    assert found.priority.low == 200
    assert (found.name.text, found.access.text, found.protocol.text) == ("front door", "allow", "tcp")
    assert [one.span.text for one in found.sources] == ["10.0.1.0/26", "one.vip"]
    assert [(one.low, one.high) for one in found.source_ports] == [(1024, 65535)]
    assert [(one.low, one.high) for one in found.target_ports] == [(80, 80), (443, 443)]
    assert found.span.text.startswith("200")
    assert found.span.text.endswith("443")


def test_ports_are_never_the_next_priority():
    found = item("nsg g { inbound { 100 allow tcp from * to * port 80, 443 200 deny any from * to * } }")

    assert [one.priority.low for one in found.body.items[0].rules] == [100, 200]


@pytest.mark.parametrize(
    "text", ["10.0.1.4", "10.0.1.0/26", "10.0.1.4-10.0.1.9", "fd00::4", "fd00::/64", "fd00::1-fd00::9", "*"]
)
def test_addresses_mean_what_they_say(text):
    assert rule(f"100 allow any from {text} to *").sources[0].value == parse_addresses(text)


def test_a_trailing_comma_stands_before_a_closing_bracket_only():
    assert items("vm x { subnet v/a ip 10.0.0.4, }") == items("vm x { subnet v/a ip 10.0.0.4 }")
    assert items("apply p(a, b,)") == items("apply p(a, b)")


def test_bare_ports_belong_to_the_protocol_before_them():
    found = item("check a reaches b on https, tcp 80, 443, udp 53, icmp").services

    assert [one.span.text for one in found] == ["https", "tcp 80, 443", "udp 53", "icmp"]
    assert [port.low for port in found[1].ports] == [80, 443]


CLAIMS = {
    "a reaches b": nodes.Reach,
    "a can reach b": nodes.Reach,
    "a never reaches b": nodes.Reach,
    "only a, c reach b": nodes.Reach,
    "only a reaches b": nodes.Reach,
    "1.2.3.4 reaches 10.0.0.0/8": nodes.Reach,
    "a is healthy": nodes.IsHealthy,
    "nsg a equals nsg b": nodes.Equals,
    "nsg a permits no more than nsg b": nodes.PermitsNoMore,
    "nsg a has no dead rules": nodes.HasNoDeadRules,
}


@pytest.mark.parametrize("text", CLAIMS)
def test_every_claim_is_what_it_reads(text):
    assert type(item(f'check "name" {text}').claim) is CLAIMS[text]
    assert item(f"check {text}").claim == item(f'check "name" {text}').claim


def test_modifiers_stand_in_any_order():
    found = item("check a reaches b not via f within region as a.vip except from c, 1.2.3.4 expect violated")

    assert [type(one) for one in found.modifiers] == [nodes.Via, nodes.WithinRegion, nodes.As, nodes.ExceptFrom]
    assert found.modifiers[0].negated
    assert found.expect_violated


def test_byte_order_marks_and_windows_line_ends_do_not_matter():
    assert items("service a = tcp 1\r\nservice b = tcp 2\r\n") == items("service a = tcp 1\nservice b = tcp 2\n")


def test_spans_are_those_of_the_file():
    second = items("// a comment\nservice a = tcp 1\n  service b = tcp 2")[1]

    assert (second.span.line, second.span.column) == (3, 3)
    assert second.name.span.text == "b"
