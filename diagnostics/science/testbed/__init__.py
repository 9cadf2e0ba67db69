"""A world made on the spot: drawn scenes, templated questions, planted faults, a trained model.

What the product is shown of it are files such as any team would bring; the truth of every sample is
kept apart. Everything follows from a seed.
"""
