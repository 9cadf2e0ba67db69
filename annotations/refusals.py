"""What is said to somebody whose wish cannot be carried out."""


class AuditRefused(ValueError):
    """The audit cannot be drawn as asked; the message is for the person who asked."""
