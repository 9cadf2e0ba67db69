"""Time, memory and truth of clustering: one JSON line per size.

    python -m benchmarks.clustering_scale                      # 1,000, 10,000 and 50,000 × 512
    python -m benchmarks.clustering_scale --sizes 2000 --repeat-share 0.5

Planted: groups of uneven size (Dirichlet) around random directions in `--dimensions`, with noise of
`--spread` times a direction's length. `--repeat-share` of the rows are exact copies of others, as
templated questions are. Each size runs in a process of its own, so that its peak memory is its own;
the libraries' compilation is done before the clock starts and given as `warm_up_seconds`.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
from sklearn.metrics import adjusted_rand_score

from triage.science.analysis.clustering import UNCLUSTERED, cluster

SIZES = (1_000, 10_000, 50_000)


def planted(
    count: int, dimensions: int, groups: int, spread: float, repeat_share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (n, d) float32 of unit length, and the group of each (n,)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(groups, dimensions)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    truth = rng.choice(groups, size=count, p=rng.dirichlet(np.full(groups, 3.0)))
    noise = rng.standard_normal((count, dimensions), dtype=np.float32)
    vectors = centres[truth] + noise * np.float32(spread / np.sqrt(dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    copies = rng.permutation(count)[: round(repeat_share * count)]
    originals = np.setdiff1d(np.arange(count), copies)
    source = rng.choice(originals, size=len(copies))
    vectors[copies], truth[copies] = vectors[source], truth[source]
    return vectors, truth


def peak_mebibytes() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(count: int, options: argparse.Namespace) -> dict[str, float | int | str | bool]:
    """Cluster one size and say what it took and how true it is."""
    begun = time.perf_counter()
    cluster(np.random.default_rng(0).normal(size=(200, 60)), seed=0)
    warm_up = time.perf_counter() - begun
    vectors, truth = planted(
        count,
        options.dimensions,
        options.groups,
        options.spread,
        options.repeat_share,
        options.seed,
    )
    before = peak_mebibytes()
    begun = time.perf_counter()
    found = cluster(vectors, seed=options.seed)
    seconds = time.perf_counter() - begun
    clustered = found.labels != UNCLUSTERED
    return {
        "samples": count,
        "dimensions": options.dimensions,
        "groups": options.groups,
        "repeat_share": options.repeat_share,
        "spread": options.spread,
        "seconds": round(seconds, 1),
        "warm_up_seconds": round(warm_up, 1),
        "peak_mib": round(peak_mebibytes()),
        "peak_mib_before": round(before),
        "adjusted_rand": round(adjusted_rand_score(truth, found.labels), 3),
        "clusters": found.clusters,
        "unclustered_share": round(float(1 - clustered.mean()), 3),
    }


def main() -> None:
    """Print one JSON line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--spread", type=float, default=1.5)
    parser.add_argument("--repeat-share", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if len(options.sizes) == 1:
        print(json.dumps(measure(options.sizes[0], options)))
        return
    same = ["dimensions", "groups", "spread", "repeat_share", "seed"]
    rest = [f"--{name.replace('_', '-')}={getattr(options, name)}" for name in same]
    for size in options.sizes:
        one = [sys.executable, "-m", "benchmarks.clustering_scale", "--sizes", str(size), *rest]
        subprocess.run(one, check=True)


if __name__ == "__main__":
    main()
