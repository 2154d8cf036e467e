"""Tables and numbers as a shell shows them."""

from collections.abc import Collection, Sequence


def table(rows: Sequence[Sequence[str]], numbers: Collection[int] = ()) -> str:
    """The rows as lines, each column as wide as its widest cell; those in `numbers` stand at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if number in numbers else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)


def size(numbers: Sequence[int] | None) -> str:
    """Such as 64x64x32."""
    return "" if numbers is None else "x".join(map(str, numbers))


def short(number: float | None) -> str:
    """Four significant digits."""
    return "" if number is None else f"{number:.4g}"
