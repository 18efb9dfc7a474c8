"""That this file is here puts its folder, and with it trainings.py, on the path of the tests in recipes/."""
