"""Exact sets of packets and flows as unions of product sets, computed without a solver.

* `regions`: union, difference, intersection, packet counts and a short readable cover of such sets.
* `boxes`, `algebra`: the same over atoms; peeled where boxes are few, by a diagram where they are many.
* `diagram`: ordered lines decided one dimension after the other, equal candidates once, equal parts merged.
* `filters`: what a filter does with every packet of a region.
* `flows`: which headers of a reachability question are delivered, lost, or open.

Whatever grows too large raises `TooMany`; nothing here is ever approximate. What is shown to people is proved by Z3
(`asever.solve.regions`).
"""
