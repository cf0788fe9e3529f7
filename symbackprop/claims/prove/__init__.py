"""Proofs that two expressions are equal: a chain from one side to the other."""
