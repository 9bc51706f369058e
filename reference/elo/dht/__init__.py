"""A distributed hash table between nodes that announce it: where to find a peer, or a capability.

No published node has one, and no document gives it a wire format; this one is the kit's own. It is
Kademlia: keys and ids are points of one space, and what is about a point is kept by the nodes that
are closest to it.
"""
