"""This room encodes texts with neural models: sentence-transformers, ONNX Runtime, static vectors."""
