"""What an experiment is: settings, arms, material, outcomes, statistics and claims."""
