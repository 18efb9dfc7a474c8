"""What can go wrong, from the general to the particular.

MotiflensError
├── InputError          the user's data, file or option is at fault (command line: exit code 2)
│   └── RunFolderError  a run folder with a missing or corrupt file
└── ModelError          a model cannot do what it was asked, or training diverged
"""


class MotiflensError(Exception):
    """Base of every error that motiflens raises on purpose."""


class InputError(MotiflensError):
    """Bad input: one line that names the file, the record and the remedy."""


class RunFolderError(InputError):
    """A run folder with a missing, corrupt or foreign file; names the file."""


class ModelError(MotiflensError):
    """A model that cannot be built, loaded, trained or explained as asked."""
