"""Pixel shuffle: four channels become squares of 2 by 2 positions.

    y_nc,2i+k-2,2j+l-2 = x_n,4c+2k+l-6,ij       x: (N, 4 C, H, W), y: (N, C, 2 H, 2 W)
"""

from symbackprop.layer import Layer


def pixel_shuffle(x):
    N, C, H, W = x.shape
    u = x.reshape(N, C // 4, 2, 2, H, W)
    y = u.transpose(0, 1, 4, 2, 5, 3).reshape(N, C // 4, 2 * H, 2 * W)
    return y


LAYER = Layer(
    name="pixel-shuffle",
    summary="channels become positions, 2 by 2",
    forward=pixel_shuffle,
    shapes={"x": ("N", "4*C", "H", "W")},
    wrt=("x",),
    source="Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient "
    "Sub-Pixel Convolutional Neural Network (2016), equation 4",
)
