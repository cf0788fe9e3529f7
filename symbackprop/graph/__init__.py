"""The computational graph of a derivation: its nodes, the message on each edge, its picture."""
