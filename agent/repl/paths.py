"""Pictures named inside a message: a path that was typed, pasted, or dropped on the terminal window."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
# Terminals drop a path in quotes, with blanks escaped, or as a URL.
_TOKEN = re.compile(r"""'[^'\n]+'|"(?:\\.|[^"\\\n])+"|(?:\\.|[^\s'"\\]|(?<=\S)['"])+""")


def find_pictures(text: str) -> tuple[str, list[Path]]:
    """Return the message without the picture paths in it, and those paths, in order.

    A path counts where it ends like a picture's and is a file, or could be nothing else: a "file://" URL or
    an absolute path. The reader of the picture then says what is wrong with it.
    """
    whole = expanded(text.strip())
    if _is_picture(text.strip()) and _is_file(whole):  # pasted with bare blanks in it
        return "", [whole]
    found: list[Path] = []
    kept: list[str] = []
    at = 0
    for match in _TOKEN.finditer(text):
        path = _path(match[0])
        if path is not None:
            found.append(path)
            kept.append(text[at : match.start()])
            at = match.end()
    kept.append(text[at:])
    words = "".join(kept) if not found else re.sub(r"[ \t]{2,}", " ", "".join(kept)).strip()
    return words, found


def expanded(text: str) -> Path:
    """Return a path with "~" replaced by the home folder; one of an unknown user stays as it is."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def unquoted(text: str) -> str:
    """Return a path as it was before a shell or terminal quoted it."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r'\\(["\\$`])', r"\1", text[1:-1])
    if text.startswith("file://"):
        path = unquote(urlsplit(text).path)
        return path[1:] if re.match(r"/[A-Za-z]:", path) else path
    # On Windows the backslash separates folders.
    return text if re.match(r"[A-Za-z]:\\|\\\\", text) else re.sub(r"\\(.)", r"\1", text)


def _path(token: str) -> Path | None:
    plain = unquoted(token)
    if not _is_picture(plain):
        return None
    path = expanded(plain)
    return path if _is_file(path) or token.startswith("file://") or path.is_absolute() else None


def _is_picture(text: str) -> bool:
    return text.lower().rstrip("'\"").endswith(SUFFIXES)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or a zero byte in it
        return False
