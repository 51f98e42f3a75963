"""A join finds everybody's neighbours at once: this room joins an index with itself, exactly or through near lists.

Its doors are `choice`, `dense_join`, `neighbour_files`, `options`, `parts.neighbour_parts`, `parts.parts_planner`,
`parts.search_parts`, `parts.truth_parts`, `parts.unit_parts`, `parts.window_parts`, `plan`, `probing_plan`, `rows`,
`self_join`, `settled_cosines`, `tiles` and `window_join`.
"""
