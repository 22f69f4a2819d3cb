"""Numbers on arrays: reachability, end components, cycles, batched values. Nothing here knows a name."""
