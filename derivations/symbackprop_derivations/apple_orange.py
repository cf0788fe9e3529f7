"""The price of apples and oranges with tax: multiplication and addition nodes together.

    price = (apple · apple_count + orange · orange_count) · tax     (all scalars)

Two apples at 100 and three oranges at 150 with a tax factor of 1.1 cost 715.
"""

from symbackprop.layer import Example, Layer


def apple_orange(apple, apple_count, orange, orange_count, tax):
    apple_price = apple * apple_count
    orange_price = orange * orange_count
    all_price = apple_price + orange_price
    price = all_price * tax
    return price


LAYER = Layer(
    name="apple-orange",
    summary="the price of apples and oranges: products and a sum",
    forward=apple_orange,
    shapes={"apple": (), "apple_count": (), "orange": (), "orange_count": (), "tax": ()},
    wrt=("apple", "apple_count", "orange", "orange_count", "tax"),
    examples=(
        Example(
            inputs={
                "apple": 100, "apple_count": 2, "orange": 150, "orange_count": 3, "tax": 1.1,
            },
            output=715,
            gradients={
                "apple": 2.2, "apple_count": 110, "orange": 3.3, "orange_count": 165, "tax": 650,
            },
        ),
    ),
    source="Deep Learning from Scratch (2016), section 5.4.2",
)
