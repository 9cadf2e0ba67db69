"""Training: fusion model, losses, batches of seeds, files of trials."""
