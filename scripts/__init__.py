"""Scripts are what people run: the command `heroic`, the sample, the benchmarks and the documents' own pages."""
