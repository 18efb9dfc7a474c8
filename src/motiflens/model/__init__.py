"""The networks: configuration, layers, presets, prediction, storage."""
