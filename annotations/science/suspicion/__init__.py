"""What makes a sample suspicious of being noise, before and after people's verdicts."""
