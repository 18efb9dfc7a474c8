"""Which sequences are copies or near copies of each other, and how groups are split."""
