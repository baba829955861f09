"""How few rectangles the exact engine makes of large filters, and how long it takes.

    python bench/rectangles.py [FOLDER]

FOLDER holds filters in ClassBench's format, for example `../shared/corpus/acl_bench`. These lists name no action: every third
rule denies here, as does what no rule matches. Asked is what each filter permits and denies, of all packets and of narrower
queries; the counts are disjoint parts as they come, after merging, and what is shown (where it is not too large a covering by
maximal products). Seconds are of the processor, for each set all that it takes.

Whole lists of about 1,000 rules take half a second to a second and a quarter (acl2), since equal candidates are decided once
(`asever.exact.diagram`). Peeling rule after rule was
as quick for whole acl1 and acl5 (0.4 to 0.7 s; 338 and 380 for acl1, fewer than now); whole acl2, fw1, fw4 and ipc1, fw4 from
a /8 and ipc1 on the web had more than 30,000 parts, and the largest of the others took 1.5 to 2 s.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from exact.classbench import NETWORK, filters, queries  # noqa: E402

from asever.exact import boxes  # noqa: E402
from asever.exact.filters import Table, filter_sets  # noqa: E402
from asever.exact.regions import rectangles  # noqa: E402
from asever.model.effective import Action  # noqa: E402
from asever.model.regions import FIELDS  # noqa: E402


def main(folder):
    print(f"{'filter':<20} {'query':<12} {'':<9} {'parts':>6} {'merged':>6} {'shown':>6} {'seconds':>8}")
    for name, one in filters(folder):
        for title, region in queries(one):
            asked(name, one, title, region)


def asked(name, one, title, region):
    table = Table(NETWORK, one.rows, one.otherwise, {})
    try:
        parts = list(table.parts(FIELDS, dict(zip(FIELDS, region, strict=True)), boxes.Budget()))
        started = process_time()
        found = filter_sets(NETWORK, one, {}, [region])
    except boxes.TooMany:
        print(f"{name:<20} {title:<12} more than {boxes.BUDGET} parts")
        return
    seconds = process_time() - started
    for word, mine in (("permitted", found.permitted), ("denied", found.denied)):
        started = process_time()
        shown = rectangles(mine, [region], disjoint=True)
        all_seconds = seconds + process_time() - started
        raw = sum(((Action.DENY in outcome) == (word == "denied")) for _, outcome in parts)
        print(f"{name:<20} {title:<12} {word:<9} {raw:>6} {len(mine):>6} {len(shown):>6} {all_seconds:>8.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "corpus" / "acl_bench")
