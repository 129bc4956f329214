"""The part of YAML in which config.yaml is written, and a little more for files written by hand: block
maps and lists, one-line maps and lists, plain and quoted scalars, comments. No anchors, no tags, no text
over several lines. Numbers and truth values become Python's; everything else is text."""

import re

from . import Trouble

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/", "0": "\0"}


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read(), path)
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Trouble(f"{path} is no text") from None


def parse(text, path="settings"):
    reader = Reader(path, text)
    value = reader.block(0) if reader.lines else {}
    if reader.at < len(reader.lines):
        reader.fail("is indented like nothing above it")
    return value


def scalar(text):
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        return None
    if NUMBER.match(text):
        return float(text) if re.search("[.eE]", text) else int(text)
    return text


class Reader:
    def __init__(self, path, text):
        self.path, self.at, self.lines = path, 0, []
        for number, line in enumerate(text.splitlines(), 1):
            stripped = strip_comment(line).rstrip()
            if stripped.strip() and stripped.strip() != "---":
                self.lines.append((number, len(stripped) - len(stripped.lstrip()), stripped.strip()))

    def fail(self, words):
        number = self.lines[min(self.at, len(self.lines) - 1)][0]
        raise Trouble(f"{self.path}:{number}: {words}")

    def block(self, indent):
        """The map or list whose items stand at the indentation of the next line, at least indent."""
        _, here, text = self.lines[self.at]
        if here < indent:
            return None
        return self.items(here) if text == "-" or text.startswith("- ") else self.map(here)

    def items(self, indent):
        found = []
        while self.at < len(self.lines):
            number, here, text = self.lines[self.at]
            if here != indent or not (text == "-" or text.startswith("- ")):
                break
            rest = text[1:].lstrip()
            if not rest:
                self.at += 1
                found.append(self.block(indent + 1) if self.at < len(self.lines) else None)
            elif key_of(rest):
                inner = indent + len(text) - len(rest)
                self.lines[self.at] = (number, inner, rest)
                found.append(self.map(inner))
            else:
                found.append(self.flow(rest))
                self.at += 1
        return found

    def map(self, indent):
        found = {}
        while self.at < len(self.lines):
            _, here, text = self.lines[self.at]
            if here != indent or text.startswith("- "):
                break
            parts = key_of(text)
            if not parts:
                self.fail(f"'{text}' is not of the form key: value")
            key, rest = parts
            if key in found:
                self.fail(f"'{key}' is there twice")
            self.at += 1
            if rest:
                self.at -= 1
                found[key] = self.flow(rest)
                self.at += 1
            else:
                found[key] = self.below(indent)
        return found

    def below(self, indent):
        """What belongs to a key without a value on its line; a list may stand at the key's indentation."""
        if self.at == len(self.lines):
            return None
        _, here, text = self.lines[self.at]
        if here > indent:
            return self.block(here)
        return self.items(here) if here == indent and text.startswith("- ") else None

    def flow(self, text):
        value, rest = self.flow_value(text, False)
        if rest.strip():
            self.fail(f"'{rest.strip()}' is left over")
        return value

    def flow_value(self, text, inside):
        text = text.lstrip()
        if text[:1] in ("[", "{"):
            return self.flow_group(text)
        if text[:1] in ("'", '"'):
            return self.quoted(text)
        end = re.search(r"[,\]}]", text) if inside else None
        plain = text[: end.start()] if end else text
        return scalar(plain.strip()), text[len(plain):]

    def flow_group(self, text):
        close, rest = {"[": "]", "{": "}"}[text[0]], text[1:].lstrip()
        found = [] if close == "]" else {}
        while rest[:1] != close:
            if close == "}":
                parts = re.match(r"\s*([\w.-]+)\s*:\s*", rest)
                if not parts:
                    self.fail(f"'{rest}' is not of the form key: value")
                found[parts[1]], rest = self.flow_value(rest[parts.end():], True)
            else:
                value, rest = self.flow_value(rest, True)
                found.append(value)
            rest = rest.lstrip()
            if rest[:1] == ",":
                rest = rest[1:].lstrip()
            elif rest[:1] != close:
                self.fail(f"'{close}' is missing")
        return found, rest[1:]

    def quoted(self, text):
        quote, out, i = text[0], "", 1
        while i < len(text) and text[i] != quote:
            if quote == '"' and text[i] == "\\":
                if text[i + 1: i + 2] == "x":
                    out, i = out + chr(int(text[i + 2: i + 4], 16)), i + 4
                else:
                    out, i = out + ESCAPES.get(text[i + 1: i + 2], ""), i + 2
            else:
                out, i = out + text[i], i + 1
        if i >= len(text):
            self.fail("a quotation mark is missing")
        return out, text[i + 1:]


def key_of(text):
    parts = re.match(r"([\w.-]+):(?:\s+(.*))?$", text)
    return (parts[1], (parts[2] or "").strip()) if parts else None


def strip_comment(line):
    """The line without what follows a # that begins a word outside quotation marks."""
    quote = None
    for i, c in enumerate(line):
        if quote:
            quote = None if c == quote and not (quote == '"' and line[i - 1] == "\\") else quote
        elif c in "'\"" and (i == 0 or line[i - 1] in " [{,:"):
            quote = c
        elif c == "#" and (i == 0 or line[i - 1] in " \t"):
            return line[:i]
    return line
