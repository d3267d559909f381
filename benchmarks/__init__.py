"""Each figure beside its own limit, measured in the same run. `make benchmark`, or with ARGS=--quick the short form."""
