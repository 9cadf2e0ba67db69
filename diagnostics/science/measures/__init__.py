"""The measures of a diagnosis: arrays in, figures with intervals out; no Django, no files.

Each module holds one measure and its `MEASURE` entry. A measure whose inputs are absent says which
field of the record would provide them, and guesses nothing.
"""
