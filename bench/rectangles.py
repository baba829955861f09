"""How few rectangles the exact engine makes of large filters, and how long it takes.

    python bench/rectangles.py [FOLDER]

FOLDER holds filters in ClassBench's format, for example `../shared/corpus/acl_bench`. These lists name no action: every third
rule denies here, as does what no rule matches. Asked is what each filter permits and denies, of all packets and of narrower
queries; the counts are disjoint parts as they come, and rectangles that may overlap, which is what is shown. Seconds are of the
processor: for both sets of parts, and for each set all that it takes. `packets` is how many the set holds.

Whole lists of about 1,000 rules take 0.15 s to 1 s, queries of a service, a /16 or a host 0.03 s to 0.3 s; docs/performance.md
tells how. A slower search (every way to grow, every rectangle tested for need; seconds to minutes) finds 331 and 274 for whole
acl1, 428 and 375 for acl5, 696 and 701 for acl2, 733 and 736 for fw1, 733 and 757 for fw4, 535 and 531 for ipc1: what is shown
is at most 1.9 times that (tests/exact/test_classbench.py holds it for two of them).
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from exact.classbench import decided, filters, queries  # noqa: E402

from asever.exact import boxes  # noqa: E402
from asever.exact.regions import rectangles  # noqa: E402
from asever.model.regions import total  # noqa: E402


def main(folder):
    print(f"{'filter':<20} {'query':<12} {'':<9} {'parts':>6} {'shown':>6} {'sets s':>8} {'all s':>8}  packets")
    for name, one in filters(folder):
        for title, region in queries(one):
            asked(name, one, title, region)


def asked(name, one, title, region):
    started = process_time()
    try:
        found = decided(one, region)
    except boxes.TooMany:
        print(f"{name:<20} {title:<12} more than {boxes.BUDGET} parts")
        return
    seconds = process_time() - started
    for word, mine, others in zip(("permitted", "denied"), found, reversed(found), strict=True):
        started = process_time()
        shown = rectangles(mine, [region], outside=others, disjoint=True)
        every = seconds + process_time() - started
        print(
            f"{name:<20} {title:<12} {word:<9} {len(mine):>6} {len(shown):>6} {seconds:>8.3f} {every:>8.3f}  {total(mine):.4g}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "corpus" / "acl_bench")
