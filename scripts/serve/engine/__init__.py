"""The engine is what requests are answered with: the open index and model, workers, pictures, and what is counted."""
