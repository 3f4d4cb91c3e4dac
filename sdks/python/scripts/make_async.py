"""Writes what follows from src/vaniagent/resources: the same for AsyncVaniAgent, and the types of `with_raw_response`.

python scripts/make_async.py            writes
python scripts/make_async.py --check    says whether what is there is what it would write
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, Set, Tuple

PACKAGE = Path(__file__).resolve().parent.parent / "src/vaniagent"
RESOURCES = PACKAGE / "resources"
MADE = "# Made by scripts/make_async.py: change vaniagent/resources/*.py instead.\n"

REPLACED: Tuple[Tuple[str, str], ...] = (
    (r"class (\w+)\(Resource\)", r"class Async\1(AsyncResource)"),
    (r"\bRaw(\w+)\b", r"AsyncRaw\1"),
    (r'cast\("(\w+)", (\w+)\(', r'cast("\1", Async\2('),
    (r"\bPage\b", "PageRequest"),
    (r"\bCallStream\b", "AsyncCallStream"),
    (r"vaniagent\.streaming", "vaniagent.async_streaming"),
    (r"    def (?!with_raw_response|list|stream)(\w+)", r"    async def \1"),
    (r"return self\._(request|client\.download)\(", r"return await self._\1("),
    (r"= self\.get\(", "= await self.get("),
    (r"\btime\.sleep\(", "await asyncio.sleep("),
    (r"^import time$", "import asyncio\nimport time"),
    (r"Iterating walks", "`async for` walks"),
)


def main() -> int:
    wanted = dict(made())
    if "--check" not in sys.argv:
        for path, text in wanted.items():
            path.write_text(text)
        return 0
    stale = [path.name for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if stale:
        print(f"Run scripts/make_async.py: {', '.join(stale)}")
    return 1 if stale else 0


def made() -> Iterator[Tuple[Path, str]]:
    """Each file with its content."""
    sources = [path for path in sorted(RESOURCES.glob("*.py")) if path.name not in ("__init__.py", "base.py")]
    # One file: packed, what is alike in all of them counts once.
    path = PACKAGE / "async_resources.py"
    yield path, formatted(MADE + joined([asynchronous(source.read_text()) for source in sources]), path)
    path = PACKAGE / "raw_resources.pyi"
    yield path, formatted(MADE + raw_types(sources), path)


def joined(modules: list[str]) -> str:
    """One module of several: what they import, and then what they define."""
    plain: Set[str] = set()
    taken: Dict[str, Set[str]] = {}
    for_types: Dict[str, Set[str]] = {}
    defined = []
    for module in modules:
        for node in ast.parse(module).body:
            if isinstance(node, ast.Import):
                plain.add(ast.unparse(node))
            elif isinstance(node, ast.ImportFrom):
                taken.setdefault(node.module or "", set()).update(map(ast.unparse, node.names))
            elif isinstance(node, ast.If):
                for inner in node.body:
                    if isinstance(inner, ast.ImportFrom):
                        for_types.setdefault(inner.module or "", set()).update(map(ast.unparse, inner.names))
            elif not isinstance(node, ast.Expr):
                begin = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
                defined.append("\n".join(module.splitlines()[begin - 1 : node.end_lineno]))
    taken.pop("__future__", None)
    head = ["from __future__ import annotations", *sorted(plain), *imported(taken), "if TYPE_CHECKING:"]
    return "\n".join([*head, *(f"    {line}" for line in imported(for_types))]) + "\n\n" + "\n\n".join(defined)


def imported(names: Dict[str, Set[str]]) -> list[str]:
    return [f"from {module} import {', '.join(sorted(found))}" for module, found in sorted(names.items())]


def asynchronous(source: str) -> str:
    for pattern, replacement in REPLACED:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"from vaniagent\.resources\.base import (.*)", imports, source)


def imports(found: re.Match[str]) -> str:
    rest = [name for name in found.group(1).split(", ") if name != "Resource"]
    lines = ["from vaniagent.async_resource import AsyncResource"]
    if rest:
        lines.append(f"from vaniagent.resources.base import {', '.join(rest)}")
    return "\n".join(lines)


def raw_types(sources: list[Path]) -> str:
    names: Dict[str, str] = {}
    classes = []
    for source in sources:
        tree = ast.parse(source.read_text())
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module and "resources" not in node.module:
                names.update({alias.name: node.module for alias in node.names})
            if isinstance(node, ast.ClassDef) and ast.unparse(node.bases[0]) == "Resource":
                methods = [each for each in node.body if isinstance(each, ast.FunctionDef) and asks(each)]
                name = node.name.replace("Resource", "")
                classes += [raw_class(f"Raw{name}", methods, "def")]
                classes += [raw_class(f"AsyncRaw{name}", methods, "async def").replace("Page[", "AsyncPage[")]
    names.update({"AsyncPage": "vaniagent.pagination", "RawResponse": "vaniagent.answers"})
    text = "\n\n".join(classes)
    used = [(module, name) for name, module in names.items() if re.search(rf"\b{name}\b", text)]
    return "\n".join(f"from {module} import {name}" for module, name in sorted(used)) + "\n\n" + text


def asks(method: ast.FunctionDef) -> bool:
    return "self._request(" in ast.unparse(method) or "self._page(" in ast.unparse(method)


def raw_class(name: str, methods: list[ast.FunctionDef], keyword: str) -> str:
    lines = [
        f"    {keyword} {each.name}({ast.unparse(each.args)}) -> RawResponse[{ast.unparse(each.returns or each)}]: ..."
        for each in methods
    ]
    return "\n".join([f"class {name}:", *lines])


def formatted(text: str, path: Path) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    for step in (
        ["check", "--fix-only", "--quiet", "--stdin-filename", str(path), "-"],
        ["format", "--quiet", "--stdin-filename", str(path), "-"],
    ):
        done = subprocess.run([*ruff, *step], input=text, capture_output=True, text=True, check=True)
        text = done.stdout
    return text


if __name__ == "__main__":
    sys.exit(main())
