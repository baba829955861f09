"""What Azure's resources mean for the network, said once for all sources: a list of resources becomes syntax nodes.

`sheet` collects what is made and what is left out, `book` finds resources by reference, `words` builds nodes; each of the
other modules reads one family of resources.
"""
