"""What can go wrong, as one tree.

```
ShelftalkError            exit code 1
├── UsageError            2   the caller gave something that cannot be used
│   ├── PictureError      2   not a picture, truncated, too large
│   ├── CatalogueError    2   a catalogue that cannot be read at all
│   └── ToolError         2   a tool got arguments it cannot work with; written for the model that reads it
├── StoreError            3   the product store is locked, corrupt, or was made by another encoder
├── BackboneError         4   the language model cannot be loaded or does not answer
├── SessionError          5   a conversation cannot be opened or saved
└── TrainingError         6   a training run cannot go on
```

Every message says what was given, what is allowed and how to mend it.
"""

from __future__ import annotations


class ShelftalkError(Exception):
    """Any failure that shelftalk explains; `exit_code` is what the command line returns for it."""

    exit_code = 1


class UsageError(ShelftalkError):
    """The caller gave something that cannot be used."""

    exit_code = 2


class PictureError(UsageError):
    """Not a picture, a truncated one, or one that is too large."""


class CatalogueError(UsageError):
    """A catalogue that cannot be read at all."""


class ToolError(UsageError):
    """A tool got arguments it cannot work with; the message is read by the model."""


class StoreError(ShelftalkError):
    """The product store is locked, corrupt, or was made by another encoder."""

    exit_code = 3


class BackboneError(ShelftalkError):
    """The language model cannot be loaded or does not answer."""

    exit_code = 4


class SessionError(ShelftalkError):
    """A conversation cannot be opened or saved."""

    exit_code = 5


class TrainingError(ShelftalkError):
    """A training run cannot go on; the message says what is kept of it."""

    exit_code = 6
