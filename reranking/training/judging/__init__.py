"""Decisions are judged on the pairs that tell what they will hold."""
