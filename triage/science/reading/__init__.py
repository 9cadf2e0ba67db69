"""From what a model wrote to what it answered: named steps, each kept beside the text.

`reading.read` runs the pipeline; `folding.same` holds two answers against each other.
"""
