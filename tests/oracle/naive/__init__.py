"""A third reading, as naive as can be: what becomes of one packet, straight from the declared things and the references.

It shares nothing with `asever.azure`, `asever.evaluate` or `asever.solve` but the sets of numbers and what Azure publishes. It
looks everything up anew for every packet, in the order in which the articles tell the story. Each module is one part of it:

    facts      what the references call private, public, reserved; what an answer is
    places     who stands at which address
    tags       which addresses a service tag holds, seen from one subnet
    filters    NSGs, security admin rules, the rules of an Azure Firewall
    routes     where a subnet sends a destination
    exits      which source a call to the Internet carries
    arrivals   who is handed a packet that was sent to an address
    devices    what firewalls and appliances make of packets that are not theirs
    journey    all of it in order, and the reply

Each is a class on top of the one before, since all look at the same network in the same readings.
"""

from tests.oracle.naive.facts import DELIVERED, DROPPED, REPLY_LOST, UNKNOWN, Answer
from tests.oracle.naive.journey import Naive

__all__ = ["DELIVERED", "DROPPED", "REPLY_LOST", "UNKNOWN", "Answer", "Naive"]
