"""Audit protocols: how many errors are drawn and which share of noise decides.

`quality-200` and `checklist-100` differ in >= and >, which is exactly where a share of one fifth
lies; every comparison here is between whole numbers, so 20 % is 20 % and not 0.2 in binary.
Descriptions are plain English; pages hand them to gettext.
"""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Protocol:
    """A rule fixed before the draw.

    `collected`: the population is a seeded random selection of that many errors, where more exist;
    None: all errors of the frame.
    """

    name: str
    size: int
    threshold: Fraction
    strict: bool
    collected: int | None
    description: str

    def needed_count(self, total: int) -> int:
        """The smallest count of noisy members that meets the threshold among `total`.

        >= : ceil(total * t); > : floor(total * t) + 1. Raises ValueError for a negative total.
        """
        if total < 0:
            raise ValueError(f"a total cannot be negative: {total}")
        numerator, denominator = self.threshold.numerator, self.threshold.denominator
        if self.strict:
            return total * numerator // denominator + 1
        return -(-total * numerator // denominator)

    def meets(self, successes: int, total: int) -> bool:
        """Whether successes / total is at (or, for a strict rule, above) the threshold."""
        left = successes * self.threshold.denominator
        right = self.threshold.numerator * total
        return left > right if self.strict else left >= right

    def population_of(self, errors: int) -> int:
        """How many errors the audit speaks about, given how many the frame holds."""
        return errors if self.collected is None else min(errors, self.collected)

    @property
    def comparison(self) -> str:
        """The sign of the rule."""
        return ">" if self.strict else "≥"


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            name="quality-200",
            size=200,
            threshold=Fraction(1, 5),
            strict=False,
            collected=None,
            description="200 errors drawn at random; at 20 % noise or more, "
            "noisy data is likely the main cause.",
        ),
        Protocol(
            name="checklist-100",
            size=100,
            threshold=Fraction(1, 5),
            strict=True,
            collected=500,
            description="100 of 500 collected errors drawn at random; "
            "above 20 % noise, clean the data first.",
        ),
    )
}


def custom(
    size: int,
    threshold: Fraction | str | float = Fraction(1, 5),
    strict: bool = False,
    collected: int | None = None,
) -> Protocol:
    """A protocol of one's own.

    Raises ValueError unless size >= 1, 0 < threshold < 1 and collected (if any) >= size.
    """
    share = parse_threshold(threshold)
    if size < 1:
        raise ValueError(f"the size must be at least 1, not {size}")
    if collected is not None and collected < size:
        raise ValueError(f"{collected} collected errors are fewer than the {size} to draw")
    sign = ">" if strict else "≥"
    return Protocol(
        name="custom",
        size=size,
        threshold=share,
        strict=strict,
        collected=collected,
        description=f"{size} errors drawn at random; the rule is a share of noise {sign} {share}.",
    )


def named(name: str) -> Protocol:
    """The preset of that name. Raises ValueError, naming the presets, for any other."""
    if name not in PROTOCOLS:
        raise ValueError(f"unknown protocol {name!r}; there are {', '.join(PROTOCOLS)} and custom")
    return PROTOCOLS[name]


def parse_threshold(value: Fraction | str | float) -> Fraction:
    """Read '20%', '20 %', '0.2', '1/5' or a number as an exact fraction between 0 and 1.

    A float is taken at its shortest decimal form, so 0.2 is 1/5. Raises ValueError otherwise.
    """
    text = str(value).strip()
    percent = text.endswith("%")
    try:
        share = Fraction(text.removesuffix("%").strip())
    except (ValueError, ZeroDivisionError):
        raise ValueError(
            f"the threshold {value!r} is not a share such as 0.2, 20% or 1/5"
        ) from None
    if percent:
        share /= 100
    if not 0 < share < 1:
        raise ValueError(f"the threshold must lie between 0 and 1, not {value}")
    return share
