"""What a result rests on: the ladder from the most favourable assumptions to the real particle."""
