"""Codes of the parser: what a text can get wrong before anything in it has a meaning."""

from __future__ import annotations

from asever.catalogue.entries import Entry

_CLOSED = "nsg closed {\n  inbound {\n    100 deny any from * to *\n  }\n}\n"
_OPEN = "nsg web {\n  inbound {\n    100 allow tcp from * to * port 443\n  }\n}\n"
_TWO = """vnet v {
  address 10.0.0.0/16

  subnet a { address 10.0.1.0/24 }
}

vm x { subnet v/a  ip 10.0.1.4 }
vm y { subnet v/a  ip 10.0.1.5 }

"""
_GOOD = _TWO + "check x reaches y on tcp 22\n"
_GROUPS = _OPEN + _CLOSED

SYNTAX: tuple[Entry, ...] = (
    Entry(
        code="not-a-text",
        title="The file is not a text",
        explanation="The file holds zero bytes, so it is compiled, compressed or in another encoding than UTF-8.",
    ),
    Entry(
        code="not-utf-8",
        title="The file is not in UTF-8",
        explanation="Specifications are texts in UTF-8. Save the file in that encoding.",
    ),
    Entry(
        code="empty-file",
        title="The file says nothing",
        explanation="The file holds no declaration, no check and no import, as if it had been cut off. That nothing was asked "
        "must not look like success. A file that is imported may be empty.",
        wrong="// to be written\n",
        right=_CLOSED,
    ),
    Entry(
        code="unknown-item",
        title="Neither a declaration nor a check",
        explanation="At the top of a file stand declarations (`vnet`, `ase`, `nsg` …), `import`, `service`, `tag`, `pack`, "
        "`apply` and `check`. This word begins none of them.",
        wrong=_TWO + "chek x reaches y on tcp 22\n",
        right=_GOOD,
    ),
    Entry(
        code="unknown-keyword",
        title="A misspelt word of the language",
        explanation="The word is no word of the language here, and one that is much alike would fit.",
        wrong=_TWO + "check x reaches y on tcp 22 exept from x\n",
        right=_GOOD,
    ),
    Entry(
        code="unexpected",
        title="Something that cannot stand here",
        explanation="What stands here fits nothing that the language admits at this place; the message says what would fit.",
        wrong="vnet v {\n  address 10.0.0.0/16\n  ;\n}\n",
        right="vnet v {\n  address 10.0.0.0/16\n}\n",
    ),
    Entry(
        code="unexpected-word",
        title="A word that cannot stand here",
        explanation="A list or block goes on here, and this word belongs to neither.",
    ),
    Entry(
        code="unfinished",
        title="A sentence that ends too early",
        explanation="The item ends before it is complete; the message says what is still awaited.",
        wrong=_TWO + "check x reaches\n",
        right=_GOOD,
    ),
    Entry(
        code="unfinished-list",
        title="A comma with nothing after it",
        explanation="A list has a value after every comma. A comma may end a list only before a closing bracket.",
        wrong="service web = tcp 80,\n",
        right="service web = tcp 80, 443\n",
    ),
    Entry(
        code="unclosed-block",
        title="A bracket that is never closed",
        explanation="An opening bracket has no partner before the next item begins.",
        wrong="nsg web {\n  inbound {\n    100 allow tcp from * to * port 443\n  }\n",
        right=_OPEN,
    ),
    Entry(
        code="unclosed-string",
        title="A quoted text that never ends",
        explanation="A text in quotes ends on the line it begins on, with a straight double quote.",
        wrong='nsg web {\n  inbound {\n    100 "the web allow tcp from * to * port 443\n  }\n}\n',
        right=_OPEN,
    ),
    Entry(
        code="unclosed-comment",
        title="A comment that never ends",
        explanation="A comment that begins with `/*` ends with `*/`; one that begins with `//` ends with the line.",
        wrong="/* a comment\nnsg empty { }\n",
        right="/* a comment */\nnsg empty { }\n",
    ),
    Entry(
        code="nested-too-deep",
        title="Too many brackets inside each other",
        explanation="No construct of the language nests deeper than a few brackets; a text like this was made by a program.",
    ),
    Entry(
        code="too-many-errors",
        title="More errors than anyone reads",
        explanation="The file has so many errors that the rest is not shown. Mend the first ones and run the check again.",
    ),
    Entry(
        code="expected-from",
        title="A rule without `from`",
        explanation='A rule reads: PRIORITY ["name"] allow|deny PROTOCOL from WHERE [port PORTS] to WHERE [port PORTS].',
        wrong="nsg web {\n  inbound {\n    100 allow tcp form * to * port 443\n  }\n}\n",
        right=_OPEN,
    ),
    Entry(
        code="expected-to",
        title="A rule without `to`",
        explanation='A rule reads: PRIORITY ["name"] allow|deny PROTOCOL from WHERE [port PORTS] to WHERE [port PORTS].',
        wrong="nsg web {\n  inbound {\n    100 allow tcp from * port 443\n  }\n}\n",
        right=_OPEN,
    ),
    Entry(
        code="expected-verb",
        title="A check without a verb",
        explanation="A check reads: SUBJECT reaches|can reach|never reaches OBJECT, or only SUBJECT, … reach OBJECT. "
        "A name with a space in it stands in quotes.",
        wrong=_TWO + "check x reach y on tcp 22\n",
        right=_GOOD,
    ),
    Entry(
        code="expected-nsg",
        title="A comparison that does not name two nsgs",
        explanation="Two network security groups are compared with `nsg X equals nsg Y` or `nsg X permits no more than nsg Y`.",
        wrong=_GROUPS + "check nsg closed equals web\n",
        right=_GROUPS + "check nsg closed permits no more than nsg web\n",
    ),
    Entry(
        code="expected-more",
        title="`permits no more than`, misspelt",
        explanation="The claim reads: nsg X permits no more than nsg Y.",
        wrong=_GROUPS + "check nsg closed permits no mor than nsg web\n",
        right=_GROUPS + "check nsg closed permits no more than nsg web\n",
    ),
    Entry(
        code="expected-dead-rules",
        title="`has no dead rules`, misspelt",
        explanation="The claim reads: nsg X has no dead rules.",
        wrong=_OPEN + "check nsg web has no ded rules\n",
        right=_OPEN + "check nsg web has no dead rules\n",
    ),
    Entry(
        code="expected-healthy",
        title="`is healthy`, misspelt",
        explanation="The claim reads: NAME is healthy.",
        wrong=_TWO + "check x is helthy\n",
        right=_GOOD,
    ),
    Entry(
        code="expected-region",
        title="`within region`, misspelt",
        explanation="The modifier reads: within region.",
        wrong=_TWO + "check x reaches y on tcp 22 within regon\n",
        right=_TWO + "check x reaches y on tcp 22 within region\n",
    ),
    Entry(
        code="expected-violated",
        title="`expect violated`, misspelt",
        explanation="A check that is to fail ends with: expect violated.",
        wrong=_TWO + "check x reaches y on tcp 22 expect failure\n",
        right=_TWO + "check x never reaches y on tcp 22 expect violated\n",
    ),
    Entry(
        code="expected-arrow",
        title="`->` is missing",
        explanation='A route reads: route ["name"] PREFIX -> HOP. A port rule reads: rule PROTOCOL PORT -> PORT.',
        wrong="route-table t {\n  route 0.0.0.0/0 internet\n}\n",
        right="route-table t {\n  route 0.0.0.0/0 -> internet\n}\n",
    ),
    Entry(
        code="expected-equals",
        title="`=` is missing",
        explanation="Services and tags are written with an equals sign: service NAME = tcp 443.",
        wrong="service s tcp 80\n",
        right="service s = tcp 80\n",
    ),
    Entry(
        code="expected-bracket",
        title="`(` is missing",
        explanation="A pack has its parameters, and `apply` its arguments, in round brackets.",
        wrong=_TWO + "pack p { check x reaches y on tcp 22 }\n",
        right=_TWO + "pack p(a) { check a reaches y on tcp 22 }\napply p(x)\n",
    ),
    Entry(
        code="port-without-protocol",
        title="A port of no protocol",
        explanation="In a list of services a bare port belongs to the protocol before it: `tcp 80, 443`. "
        "This port has none before it.",
        wrong=_TWO + "check x reaches y on 443\n",
        right=_TWO + "check x reaches y on tcp 443\n",
    ),
    Entry(
        code="bad-address",
        title="Not an address",
        explanation="An address is `10.0.1.4`, `10.0.1.0/26`, `10.0.1.4-10.0.1.9`, an IPv6 form of these, or `*`.",
        wrong="vnet v { address 10.0.300.0/24 }\n",
        right="vnet v { address 10.0.30.0/24 }\n",
    ),
    Entry(
        code="host-bits-set",
        title="A prefix that does not start at its start",
        explanation="A prefix names the first address of its range. 10.0.1.5/26 lies inside the range that "
        "starts at 10.0.1.0/26.",
        wrong="vnet v { address 10.0.1.5/26 }\n",
        right="vnet v { address 10.0.1.0/26 }\n",
    ),
    Entry(
        code="reversed-range",
        title="A range that ends before it starts",
        explanation="Ranges of addresses and of ports go from the lower to the higher, and stay in one address family.",
        wrong="service s = tcp 455-454\n",
        right="service s = tcp 454-455\n",
    ),
    Entry(
        code="port-out-of-range",
        title="A port above 65535",
        explanation="Ports go from 0 to 65535.",
        wrong="service s = tcp 70000\n",
        right="service s = tcp 7000\n",
    ),
)
