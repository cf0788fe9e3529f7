"""The price of some apples with tax: the first computational graph of a course.

    price = apple · apple_count · tax   (all scalars)

Two apples at 100 with a tax factor of 1.1 cost 220; the derivative of the price is 2.2 in the
price of an apple, 110 in the number of apples and 200 in the tax factor.
"""

from symbackprop.layer import Example, Layer


def apple(apple, apple_count, tax):
    apple_price = apple * apple_count
    price = apple_price * tax
    return price


LAYER = Layer(
    name="apple",
    summary="the price of some apples with tax: a first graph",
    forward=apple,
    shapes={"apple": (), "apple_count": (), "tax": ()},
    wrt=("apple", "apple_count", "tax"),
    examples=(
        Example(
            inputs={"apple": 100, "apple_count": 2, "tax": 1.1},
            output=220,
            gradients={"apple": 2.2, "apple_count": 110, "tax": 200},
        ),
    ),
    source="Deep Learning from Scratch (2016), sections 5.1 and 5.4.1",
)
