"""Learning: evidence about a response -> token weights, a teacher prompt, a loss. torch; no verl, no ray."""
