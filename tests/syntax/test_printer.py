"""The formatter: one layout, every comment, the same meaning; random programs."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asever.diagnostics import Diagnostics
from asever.source import SourceFile
from asever.syntax.parser import comments_of, parse
from asever.syntax.printer import claim_text, format_file

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((*ROOT.glob("specs/*.asev"), *ROOT.glob("examples/facts/*.asev"), *ROOT.glob("examples/scenarios/*.asev")))


def tree(text):
    diagnostics = Diagnostics()
    found = parse(SourceFile("test.asev", text), diagnostics)
    assert [one.message for one in diagnostics] == []
    return found


def formatted(text):
    return format_file(tree(text))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_what_is_shipped_is_in_its_layout(path):
    text = path.read_text(encoding="utf-8")

    assert formatted(text) == text


def test_columns_are_aligned_and_short_blocks_stay_short():
    assert formatted(
        'nsg   g{inbound{100 "a" allow tcp from 10.0.1.0/26 to * port 80,443\n20 deny any from * to *}}\n'
        "ase one{version v1 subnet v/a vip 1.2.3.4}\nase three{version v1 subnet v/bcd vip 1.2.3.5}"
    ) == (
        "nsg g {\n"
        "  inbound {\n"
        '    100 "a" allow tcp from 10.0.1.0/26 to * port 80, 443\n'
        "    20      deny  any from *           to *\n"
        "  }\n"
        "}\n"
        "ase one   { version v1  subnet v/a    vip 1.2.3.4 }\n"
        "ase three { version v1  subnet v/bcd  vip 1.2.3.5 }\n"
    )


def test_comments_stay_with_what_they_are_about():
    text = """\
// first

vnet v {  // behind the brace
  // before the address
  address 10.0.0.0/16  // behind the address

  /* before a subnet */
  subnet a { address 10.0.1.0/24 }
  // at the end
}
// last
"""
    assert formatted(text) == text


def test_white_space_at_the_end_of_a_comment_goes():
    text = "// first \t\n\n/* two  \n   lines */\nnsg g { }  // behind \n// last \n"
    assert formatted(text) == "// first\n\n/* two\n   lines */\nnsg g { }  // behind\n// last\n"


def test_names_lose_quotes_that_they_do_not_need():
    assert formatted('vm "x" { subnet "My net"/"a"  ip 10.0.0.4 }') == 'vm x { subnet "My net"/a  ip 10.0.0.4 }\n'


def test_a_claim_is_said_in_one_way():
    (check,) = tree('check "n"  only a , b   reaches "c" on tcp 80 ,443, https as a.vip , 1.2.3.4 not  via f').items

    assert claim_text(check) == "only a, b reach c on tcp 80, 443, https as a.vip, 1.2.3.4 not via f"


# -- Random programs ----------------------------------------------------------------------------------------------------

NAMES = ["a", "b-c", "check", '"My thing"', '"x y"', "Storage.WestEurope", "route", "inbound"]
ADDRESSES = ["10.0.1.4", "10.0.0.0/16", "10.0.1.4-10.0.1.9", "*", "fd00::/64", "a.vip", "corp/b"]


def some(draw, choices, most=4):
    return ", ".join(draw.choice(choices) for _ in range(draw.randint(1, most)))


def some_rule(draw, number):
    name = draw.choice(["", '"some rule" '])
    source = draw.choice(["", f" port {some(draw, ['80', '1-9', '*'])}"])
    target = draw.choice(["", f" port {some(draw, ['80', '443', '10001-10020'], 9)}"])
    return f"{100 + number} {name}allow tcp from {some(draw, ADDRESSES)}{source} to {some(draw, ADDRESSES, 12)}{target}"


def some_item(draw):
    name = draw.choice(NAMES)
    return draw.choice(
        [
            f"vnet {name} {{ address {some(draw, ['10.0.0.0/16', '10.1.0.0/16'])} subnet a {{ address 10.0.1.0/24 }} }}",
            f"vm {name} {{ subnet corp/a ip {some(draw, ['10.0.1.4', '10.0.1.5'], 30)} asg {some(draw, NAMES)} }}",
            f"nsg {name} {{ inbound {{ {' '.join(some_rule(draw, n) for n in range(draw.randint(0, 4)))} }} outbound {{ }} }}",
            f"ase {name} {{ version v1 subnet corp/a ip-ssl 1.2.3.4 {{ http 20001 https 20002 }} outbound 1.2.3.4 }}",
            f'route-table {name} {{ route 0.0.0.0/0 -> internet route "x" Storage -> appliance 10.0.0.4 bgp-propagation off }}',
            f"service {name.replace('.', '-')} = tcp 80, 443, udp 53, http",
            f"tag {name} = {some(draw, ADDRESSES[:4], 40)}",
            f'pack {name}(a, b) {{ check a reaches b check "n" only a reach b on tcp 80 expect violated }}',
            f"apply {name}({some(draw, NAMES)})",
            f"check {name} reaches {draw.choice(NAMES)} on tcp 80, https as {some(draw, ADDRESSES)} within region",
            f'check "some name" nsg {name} permits no more than nsg {draw.choice(NAMES)}',
            f"asg {name}",
            'import "std/services" as x',
        ]
    )


def with_noise(draw, text):
    """The same program with other white space and with comments between its words."""
    words = []
    quoted = False
    for word in text.split(" "):
        words.append(word)
        quoted ^= word.count('"') % 2 == 1
        if quoted:
            words.append(" ")
        else:
            words.append(draw.choice([" ", " ", " ", "  ", "\n", "\n\n\n", " // c\n", " /* d */ ", "\n  // own line\n"]))
    return "".join(words)


@given(st.integers(0, 10**9))
@settings(max_examples=200, deadline=None)
def test_formatting_changes_no_meaning_and_loses_no_comment(seed):
    draw = random.Random(seed)
    text = "\n".join(with_noise(draw, some_item(draw)) for _ in range(draw.randint(1, 5)))
    before = tree(text)
    once = format_file(before)
    after = tree(once)

    assert after.items == before.items
    assert sorted(one.text for one in comments_of(after.file)) == sorted(one.text for one in comments_of(before.file))
    assert formatted(once) == once
