"""What work in parts takes: windows of a join in one process, and builds by processes and by Ray, stage by stage."""
