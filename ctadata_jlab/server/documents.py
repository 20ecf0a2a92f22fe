"""Files as an editor has them: text, base64 or a notebook; and back to bytes. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import nbformat

from ctadata_jlab.server.refusal import BadRequest

if TYPE_CHECKING:
    from ctadata_jlab.server.requests import Fields

__all__ = ["Document", "decode", "encode", "new_notebook", "written"]

NBFORMAT = 4


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content as JSON carries it; `message` says what is odd about a notebook."""

    type: Literal["file", "notebook"]
    format: Literal["text", "base64", "json"]
    content: Any
    message: str | None = None


def decode(data: bytes, *, notebook: bool, form: str | None) -> Document:
    """Return the content of a file; *form* is ``text``, ``base64`` or None for whichever fits."""
    if notebook:
        return _notebook(data)
    if form != "base64":
        text = _text(data)
        if text is not None:
            return Document("file", "text", text)
        if form == "text":
            raise BadRequest("The file is not UTF-8 text.", hint="Open it with another viewer, or download it.")
    return Document("file", "base64", base64.b64encode(data).decode("ascii"))


def encode(model: Fields) -> bytes:
    """Return the bytes that a model to be saved holds."""
    if model.raw("type") == "notebook":
        return _notebook_bytes(model)
    form = model.choice("format", ("text", "base64"), "text")
    content = model.text("content")
    if form == "base64":
        return _from_base64(content)
    return _from_text(content)


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _from_text(content: str) -> bytes:
    try:
        return content.encode()
    except UnicodeEncodeError as error:
        raise BadRequest("'content' is not valid Unicode.") from error


def _from_base64(content: str) -> bytes:
    try:
        return base64.b64decode(content.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("'content' is not base64.") from error


def _notebook(data: bytes) -> Document:
    """Read a notebook. No cell of a remote file is trusted, whatever the file says of itself."""
    try:
        notebook = nbformat.reads(data.decode(), as_version=NBFORMAT)  # type: ignore[no-untyped-call]
    except Exception as error:
        raise BadRequest("This is not a notebook that Jupyter can read.", hint="Open it as text.") from error
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["trusted"] = False
    return Document("notebook", "json", notebook, _complaint(notebook))


def _notebook_bytes(model: Fields) -> bytes:
    content = model.raw("content")
    if not isinstance(content, dict):
        raise BadRequest("'content' must be a notebook.")
    try:
        return written(nbformat.from_dict(content))  # type: ignore[no-untyped-call]
    except Exception as error:
        raise BadRequest("'content' is not a notebook that Jupyter can write.") from error


def written(notebook: Any) -> bytes:
    """Return the bytes of *notebook* as Jupyter writes them."""
    text: str = nbformat.writes(notebook, version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
    return (text if text.endswith("\n") else text + "\n").encode()


def new_notebook() -> bytes:
    """Return the bytes of an empty notebook."""
    return written(nbformat.v4.new_notebook())  # type: ignore[no-untyped-call]


def _complaint(notebook: Any) -> str | None:
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return f"Notebook validation failed: {error.message}:\n{json.dumps(error.instance, default=str)[:1000]}"
    return None
