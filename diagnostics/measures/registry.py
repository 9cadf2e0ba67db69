"""Every measure of a diagnosis, in the order in which a lead reads them."""

from diagnostics.measures import noise_signals
from diagnostics.measures.results import Measure

MEASURES: tuple[Measure, ...] = (noise_signals.MEASURE,)
BY_NAME = {measure.name: measure for measure in MEASURES}
