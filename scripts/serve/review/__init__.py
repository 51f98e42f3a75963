"""Review is where a team looks at the pairs of a scores file, the nearest to a threshold first, and says what they are."""
