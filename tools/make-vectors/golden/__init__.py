"""Golden vectors: what PyTorch itself answers, for every option and edge of the library's operations."""
