"""Saving files the ways editors do."""

import os
import pathlib


def save_in_place(path, text):
    """Truncates and writes, as nano and many editors do."""
    pathlib.Path(path).write_text(text)


def save_by_rename(path, text):
    """Writes another file and renames it over the old one, as vim and most tools do."""
    path = pathlib.Path(path)
    new = path.with_name(f".{path.name}.new~")
    new.write_text(text)
    if path.exists():
        os.chmod(new, path.stat().st_mode & 0o7777)
    os.rename(new, path)


def replace(path, old, new, save=save_in_place):
    """Saves the file with `old` replaced by `new`; `old` has to be in it."""
    text = pathlib.Path(path).read_text()
    assert old in text, f"{path} does not contain {old!r}"
    save(path, text.replace(old, new))
