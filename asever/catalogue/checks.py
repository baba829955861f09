"""Codes of what is wrong with a check as a whole, or with the choice of checks and readings."""

from __future__ import annotations

from asever.catalogue.entries import Entry

CHECKS: tuple[Entry, ...] = (
    Entry(
        code="vacuous-check",
        title="A check that covers no packet",
        explanation="""A check is about every packet that its words cover. Where they cover none, it would hold whatever the
network is, and nothing would be proved: nobody has the address that is to call, `except from` leaves nobody, or the two ends
are one machine. Say whom the check is about, or leave it out.""",
        wrong="""vnet corp {
  address 10.0.0.0/16

  subnet data { address 10.0.3.0/24 }
}

vm sql { subnet corp/data  ip 10.0.3.4 }

check "an address that nobody has" 10.99.0.4 reaches sql on tcp 1433
""",
        right="""vnet corp {
  address 10.0.0.0/16

  subnet data { address 10.0.3.0/24 }
}

vm sql { subnet corp/data  ip 10.0.3.4 }

check "a machine beside it" 10.0.3.5 reaches sql on tcp 1433
""",
    ),
    Entry(
        code="no-such-check",
        title="A name in --only that no check has",
        explanation="""`--only NAME` judges the checks with this name; `*` and `?` stand for any letters. No check of the file
has it, so nothing would be judged.""",
    ),
    Entry(
        code="unknown-assumption",
        title="An assumption or reading that does not exist",
        explanation="""`--assume SWITCH=VALUE` takes one reading of a point where Azure's documentation is silent or says two
things. `asever help` lists the assumptions; each has exactly two readings.""",
    ),
)
