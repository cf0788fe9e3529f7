"""Arithmetic modulo large primes, in which equality of two expressions is exact.

A number carries its residues modulo P and modulo Q = (P - 1)/2, both prime, and its real value to
decide comparisons. exp(u) modulo P is 4^u, with u modulo Q: so exp(u + v) = exp(u) exp(v) holds.
exp(u) is a square, and so has one square root that is a square: positive numbers with roots are
squares, and sqrt(u v) = sqrt(u) sqrt(v) holds. sinh, cosh and tanh are made of exp. Every other
kernel (a logarithm, an exponential of an exponential) is an element that depends on its argument
only.
"""

from __future__ import annotations

from fractions import Fraction
from hashlib import blake2b
from typing import Any

from symbackprop.verify.scalars import Digits, OutOfDomain, Scalars

Q = 2**126 - 1361
P = 2 * Q + 1


class Residue:
    """A number modulo P and modulo Q, with its real value."""

    __slots__ = ("p", "q", "real")

    def __init__(self, p: int, q: int, real: Any) -> None:
        self.p = p % P
        self.q = q % Q
        self.real = real

    def __add__(self, other: Residue) -> Residue:
        return Residue(self.p + other.p, self.q + other.q, self.real + other.real)

    def __mul__(self, other: Residue) -> Residue:
        return Residue(self.p * other.p, self.q * other.q, self.real * other.real)

    def __neg__(self) -> Residue:
        return Residue(-self.p, -self.q, -self.real)


class Field(Scalars):
    """Arithmetic on `Residue`."""

    def __init__(self) -> None:
        super().__init__()
        self.digits = Digits(60)
        self._logarithms: dict[int, Residue] = {}

    def number(self, value: Fraction) -> Residue:
        top, bottom = value.numerator, value.denominator
        real = self.digits.number(value)
        return Residue(top * pow(bottom, -1, P), top * pow(bottom, -1, Q), real)

    def constant(self, name: str) -> Residue:
        if name == "e":
            return self.function("exp", self.number(Fraction(1)))
        return Residue(_kernel("pi", P), _kernel("pi", Q), self.digits.constant(name))

    def function(self, name: str, x: Residue) -> Residue:
        real = self.digits.function(name, x.real)
        if name == "exp":
            found = Residue(pow(4, x.q, P), _kernel("exp", Q, x), real)
            self._logarithms[found.p] = x
            return found
        if name == "log" and x.p in self._logarithms:
            return self._logarithms[x.p]
        if name in ("sinh", "cosh", "tanh"):
            square = pow(4, 2 * x.q, P)
            above = square + 1 if name == "cosh" else square - 1
            below = square + 1 if name == "tanh" else 2 * pow(4, x.q, P)
            return Residue(above * _inverse(below, P), _kernel(name, Q, x), real)
        return Residue(_kernel(name, P, x), _kernel(name, Q, x), real)

    def integer_power(self, base: Residue, exponent: int) -> Residue:
        real = self.digits.integer_power(base.real, exponent)
        if exponent >= 0:
            return Residue(pow(base.p, exponent, P), pow(base.q, exponent, Q), real)
        p, q = _inverse(base.p, P), _inverse(base.q, Q)
        return Residue(pow(p, -exponent, P), pow(q, -exponent, Q), real)

    def root_power(self, base: Residue, exponent: Residue) -> Residue:
        real = self.digits.root_power(base.real, exponent.real)
        twice = 2 * exponent.real
        if twice != int(twice):
            return Residue(_kernel("power", P, base, exponent),
                           _kernel("power", Q, base, exponent), real)  # fmt: skip
        root = pow(base.p, (P + 1) // 4, P)
        if root * root % P != base.p:
            raise OutOfDomain("a positive number that is not a square in the field")
        power = pow(root, abs(int(twice)), P)
        p = _inverse(power, P) if twice < 0 else power
        return Residue(p, _kernel("power", Q, base, exponent), real)


def _inverse(x: int, modulus: int) -> int:
    if x % modulus == 0:
        raise OutOfDomain("division by 0 in the field")
    return pow(x, -1, modulus)


def _kernel(name: str, modulus: int, *arguments: Residue) -> int:
    """An element that follows from the name and the arguments, and from nothing else."""
    key = (name, modulus, *((x.p, x.q) for x in arguments))
    return int.from_bytes(blake2b(repr(key).encode(), digest_size=20).digest()) % modulus
