"""The fault of a whole file."""


class UnreadableFile(ValueError):
    """The file cannot be read as a whole; the message names the file, the row and what to do."""
