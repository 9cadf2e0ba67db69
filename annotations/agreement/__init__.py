"""Agreement: how far annotators agree, and each one's own work."""
