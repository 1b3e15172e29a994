"""How wide a text is, so that labels can be kept apart before any browser sees them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

# Widths of the characters from the space to the tilde in Source Sans Pro Bold, in thousandths of the font's size. The
# picture sets most texts in the regular weight, which is narrower: the difference is the margin for another font.
_WIDTHS = (
    *(200, 340, 537, 528, 528, 857, 667, 300, 344, 344, 457, 528, 300, 332, 300, 339),
    *(528, 528, 528, 528, 528, 528, 528, 528, 528, 528, 300, 300, 528, 528, 528, 463),
    *(903, 573, 605, 582, 635, 548, 524, 638, 674, 301, 509, 614, 518, 762, 665, 684),
    *(596, 684, 613, 556, 556, 665, 556, 813, 567, 525, 541, 344, 339, 344, 528, 500),
    *(555, 527, 573, 467, 573, 518, 341, 534, 571, 276, 278, 548, 286, 857, 572, 555),
    *(573, 573, 398, 443, 383, 568, 523, 776, 514, 521, 460, 344, 268, 344, 528),
)
_OTHERS = 900
_WIDTH = {chr(32 + place): width for place, width in enumerate(_WIDTHS)} | {"\N{NO-BREAK SPACE}": _WIDTHS[0]}
ELLIPSIS = "…"


def _thousandths(text: str) -> Iterator[int]:
    return (_WIDTH.get(each, _OTHERS) for each in text)


def width_of(text: str, size: float) -> float:
    """The width of one line of text set in `size` pixels, in pixels; rather too wide than too narrow."""
    return sum(_thousandths(text)) * size / 1000


def shorten(text: str, room: float, size: float) -> str:
    """The text, or as many of its first words as fit into `room` pixels with an ellipsis; "" where nothing fits.

    Only where not even one word fits is a word cut: what is read out for a shortened label begins with its words.
    """
    if width_of(text, size) <= room:
        return text
    fitting = text[: bisect_right(list(accumulate(_thousandths(text))), room * 1000 / size - _OTHERS)]
    if not text[len(fitting)].isspace():
        fitting = fitting.rpartition(" ")[0] or fitting
    fitting = fitting.rstrip(" ,;:-–—·(")
    return fitting + ELLIPSIS if fitting else ""
