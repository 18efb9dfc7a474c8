"""The JSON files of a run folder as typed, frozen models; JSON is made of them once, when they are written."""
