"""What is wrong with labelled data, or would fool whoever trusts the scores: found before anything is learned."""
