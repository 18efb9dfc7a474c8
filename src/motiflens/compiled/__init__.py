"""What the compiled kernels share: vectors, arrays, threads."""
