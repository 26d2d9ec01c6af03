"""A request whose parameters are too long for its address comes as a form: query and parameters, part by part."""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(rb'\bname="([^"]*)"')


def is_form(content_type: str) -> bool:
    """Whether a body is such a form."""
    return content_type.lower().startswith("multipart/form-data")


def fields_of(content_type: str, body: bytes) -> dict[str, str]:
    """The form's fields by name. Raises ValueError for what is no form."""
    told = _BOUNDARY.search(content_type)
    if told is None:
        raise ValueError("a form without a boundary")
    fields: dict[str, str] = {}
    for part in body.split(b"--" + told[1].encode())[1:]:
        if part.startswith(b"--"):
            return fields
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is None:
            raise ValueError("a form's field without a name")
        fields[name[1].decode()] = value.removesuffix(b"\r\n").decode()
    raise ValueError("the form ended before its last boundary")
