"""The kit: targets, scenarios, transcripts, checks, verdicts. It knows no protocol."""
