"""Training: fit, augmentation, calibration."""
