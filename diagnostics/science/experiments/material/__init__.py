"""What trials train on: rows, treatments and the pictures and words they need."""
