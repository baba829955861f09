"""The tables and the walk through them agree with a naive reading of the declared network, packet by packet."""

from tests.oracle.volume import run


def test_no_packet_is_read_two_ways():
    found = run(6_000, seed=7)

    assert found.contradictions == []
    # Most packets are decided by both; the rest hangs on what a reading leaves open.
    assert found.verdicts["agree"] > 3_000
