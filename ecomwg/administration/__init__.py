"""The administrators' entry: what they must look at, the urgent first, and the way to each of their pages."""
