"""The fault of a whole file."""

from triage.science.words import Refused


class UnreadableFile(Refused):
    """The file cannot be read as a whole; the message names the file, the row and what to do."""
