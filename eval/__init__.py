"""Truth against scores: the metric, retrieval recall, intervals, the report."""
