"""Eval holds scores against truth: the metric, retrieval recall, intervals, the report."""
