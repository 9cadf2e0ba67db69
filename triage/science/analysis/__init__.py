"""From error samples to features, encodings, clusters and their cards."""
