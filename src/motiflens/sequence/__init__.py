"""Letters and coordinates: encoding, reverse complement, shuffles."""
