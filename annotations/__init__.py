"""The people's side: audits, queue, verdicts, the noise ratio and curated exports."""
