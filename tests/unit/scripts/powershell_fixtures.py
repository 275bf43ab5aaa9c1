from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import tree_sitter
import tree_sitter_powershell

import tasks

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = sorted((ROOT / "scripts").glob("*.ps1"))
WORDS_OF = {"deploy": ("deploy", "update", "plan"), "test": ("verify",)}  # what a wrapper may start

# What the wrappers of both kinds know beyond the tasks' own flags.
MODES = {"Full": "deploy", "UpdateOnly": "update", "Preflight": "plan"}
DEFAULTS = {"Timestamped"}

# What Windows PowerShell 5.1 does not have. `? :`, `??` and `?.` are errors to the grammar already.
VARIABLES = {"iswindows", "islinux", "ismacos", "iscoreclr", "psstyle", "psnativecommandargumentpassing"}
PARAMETERS = {
    *("-additionalchildpath", "-asarray", "-asbytestream", "-ashashtable", "-enumsasstrings", "-extension"),
    *("-leafbase", "-noemphasis", "-parallel", "-shuffle", "-skipcertificatecheck", "-skiphttperrorcheck"),
}
COMMANDS = {
    *("clean", "get-error", "get-uptime", "join-string", "remove-service", "show-markdown", "test-json"),
    *("convertfrom-markdown", "switch-process"),
}
ENCODINGS = {"utf8bom", "utf8nobom", "ansi"}
ESCAPES = re.compile(r"`(?:e|u\{)")


def parse(source: bytes) -> tree_sitter.Node:
    """Return the tree of a script."""
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language())).parse(source).root_node


def walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()


def newer_than_5(source: bytes) -> list[str]:
    """Return everything in a script that Windows PowerShell 5.1 does not have or reads otherwise."""
    tree = parse(source)
    found = ["it is not ASCII"] if not source.isascii() else []
    found += ["it does not parse"] if tree.has_error else []
    for node in walk(tree):
        if node.type == "pipeline_chain_tail":
            found.append(f"a chain: {text(node)}")
        elif node.type == "variable" and text(node).strip("${}").lower() in VARIABLES:
            found.append(f"a variable: {text(node)}")
        elif node.type == "expandable_string_literal" and ESCAPES.search(text(node)):
            found.append(f"an escape: {text(node)}")
        elif node.type == "command":
            found += _of_command(node)
    return found


def _of_command(command: tree_sitter.Node) -> Iterator[str]:
    words = [text(node) for node in walk(command) if node.type in {"command_name", "command_parameter"}]
    name, parameters = words[0].lower() if words else "", {word.lower() for word in words[1:]}
    if name in COMMANDS:
        yield f"a command: {name}"
    yield from (f"a parameter: {name} {word}" for word in sorted(parameters & PARAMETERS))
    elements = next((node for node in command.children if node.type == "command_elements"), None)
    arguments = [node for node in elements.children if node.type != "command_argument_sep"] if elements else []
    if name == "join-path" and not parameters and len(arguments) > 2:
        yield f"Join-Path with {len(arguments)} paths"
    if "-encoding" in parameters and ENCODINGS & {text(node).lower() for node in arguments}:
        yield f"an encoding: {text(command)}"


def parameters_of(script: str) -> dict[str, str]:
    """Return the parameters of a wrapper with their types: `switch`, `string`."""
    tree = parse((ROOT / "scripts" / script).read_bytes())
    found = [node for node in walk(tree) if node.type == "script_parameter"]
    return {_name(one): _type(one) for one in found if _name(one) != "Rest" and not _is_of_function(one)}


def _name(parameter: tree_sitter.Node) -> str:
    return [text(child) for child in parameter.children if child.type == "variable"][-1].removeprefix("$")


def _type(parameter: tree_sitter.Node) -> str:
    return [text(node) for node in walk(parameter) if node.type == "type_literal"][-1].strip("[]")


def _is_of_function(node: tree_sitter.Node) -> bool:
    above = node.parent
    while above is not None and above.type != "function_statement":
        above = above.parent
    return above is not None


def flags(*words: str) -> dict[str, str]:
    """Return every flag of these tasks as a PowerShell parameter, with its type."""
    stated = {
        name: parameter
        for word in words
        for name, parameter in inspect.signature(getattr(tasks, word).body).parameters.items()
        if name != "_"
    }
    kinds = {bool: "switch", str: "string", int: "string"}
    return {pascal(name): kinds[type(one.default)] for name, one in stated.items()}


def pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def kebab(name: str) -> str:
    return "--" + re.sub(r"(?<=.)([A-Z])", r"-\1", name).lower()
