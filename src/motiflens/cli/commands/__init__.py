"""The commands, a file each: options into one call of the workflow, its result onto stdout."""
