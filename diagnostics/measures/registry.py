"""Every measure of a diagnosis, in the order in which a lead reads them."""

from diagnostics.measures import (
    alignment,
    ambiguity,
    error_distribution,
    missing_modality,
    noise_signals,
    uncertainty,
)
from diagnostics.measures.results import Measure

MEASURES: tuple[Measure, ...] = tuple(
    module.MEASURE
    for module in (
        error_distribution,
        uncertainty,
        alignment,
        ambiguity,
        missing_modality,
        noise_signals,
    )
)
BY_NAME = {measure.name: measure for measure in MEASURES}
