"""Every measure of a diagnosis, in the order in which a lead reads them."""

from diagnostics.science.measures import (
    accuracy,
    alignment,
    ambiguity,
    consistency,
    domains,
    error_distribution,
    missing_modality,
    noise_signals,
    semantic_gap,
    uncertainty,
)
from diagnostics.science.measures.results import Measure

MEASURES: tuple[Measure, ...] = tuple(
    module.MEASURE
    for module in (
        error_distribution,
        accuracy,
        consistency,
        domains,
        uncertainty,
        alignment,
        semantic_gap,
        ambiguity,
        missing_modality,
        noise_signals,
    )
)
BY_NAME = {measure.name: measure for measure in MEASURES}
