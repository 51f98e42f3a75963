"""Neural text encoders: sentence-transformers, ONNX Runtime, static vectors."""
