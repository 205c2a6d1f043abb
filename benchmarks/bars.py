"""Horizontal bars as a small SVG, without a drawing library; readable on light and dark pages."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, ROW, TOP = 760, 220, 90, 30, 44


def draw_bars(bars: Sequence[tuple[str, float]], title: str) -> str:
    """One bar each, the first in another colour; the value is written beside it."""
    most = max(value for _, value in bars)
    height = TOP + ROW * len(bars) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
        f' aria-label="{escape(title)}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="15" font-weight="bold" fill="#1b1f24">{escape(title)}</text>',
    ]
    for number, (name, value) in enumerate(bars):
        y = TOP + ROW * number
        long = max(1.0, (WIDTH - LEFT - RIGHT) * value / most)
        colour = "#0b6e4f" if number == 0 else "#8a94a0"
        parts += [
            f'<text x="{LEFT - 10}" y="{y + 15}" text-anchor="end" fill="#1b1f24">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{long:.1f}" height="20" fill="{colour}"/>',
            f'<text x="{LEFT + long + 8:.1f}" y="{y + 15}" fill="#1b1f24">{value:,.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
