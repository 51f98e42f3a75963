"""Why a pair has its score."""
