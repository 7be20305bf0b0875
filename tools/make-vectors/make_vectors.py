#!/usr/bin/python3
"""Writes, or with --check verifies, the golden vectors in apps/conformance/vectors. See README.md."""

import os
import sys

sys.dont_write_bytecode = True

import argparse  # noqa: E402
import hashlib  # noqa: E402
import json  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Dict, Optional  # noqa: E402

from golden import pinned  # noqa: E402  before torch

import numpy  # noqa: E402
import torch  # noqa: E402

from golden.encoding import file_text  # noqa: E402
from golden.families import FAMILIES, onnx_nodes  # noqa: E402
from golden.runner import Family  # noqa: E402

HERE = Path(__file__).resolve().parent
VECTORS = HERE.parents[1] / "apps" / "conformance" / "vectors"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def generate() -> Dict[str, bytes]:
    """Every file of the vector folder by name."""
    files: Dict[str, bytes] = {}
    listed = {}
    addresses: set = set()
    for name, fill in FAMILIES.items():
        family = Family(name)
        fill(family)
        if addresses & family.addresses:
            raise AssertionError(f"addresses used twice: {sorted(addresses & family.addresses)}")
        addresses |= family.addresses
        data = file_text(name, family.lines).encode()
        files[f"{name}.json"] = data
        listed[f"{name}.json"] = {"cases": len(family.lines), "sha256": digest(data)}
        if family.left_out:
            listed[f"{name}.json"]["leftOut"] = family.left_out
    files["manifest.json"] = manifest(listed)
    return files


def manifest(listed: Dict[str, dict]) -> bytes:
    sources = [Path(__file__).resolve(), *sorted((HERE / "golden").rglob("*.py"))]
    content = {
        "format": 1,
        "torch": torch.__version__,
        "onnx": onnx_nodes.installed().__version__,
        "numpy": numpy.__version__,
        "cases": sum(entry["cases"] for entry in listed.values()),
        "generator": {source.relative_to(HERE).as_posix(): digest(source.read_bytes()) for source in sources},
        "files": listed,
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def write(files: Dict[str, bytes]) -> int:
    VECTORS.mkdir(parents=True, exist_ok=True)
    for stale in set(path.name for path in VECTORS.glob("*.json")) - files.keys():
        (VECTORS / stale).unlink()
    for name, data in files.items():
        (VECTORS / name).write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values()))} bytes in {VECTORS.relative_to(HERE.parents[1])}")
    return 0


def check(files: Dict[str, bytes]) -> int:
    present = {path.name: path.read_bytes() for path in VECTORS.glob("*.json")}
    wrong = [name for name in sorted(files.keys() | present.keys()) if files.get(name) != present.get(name)]
    for name in wrong:
        print(f"{name}: {first_difference(files.get(name), present.get(name))}", file=sys.stderr)
    print(f"{len(files) - len(wrong)} files as generated, {len(wrong)} not")
    return 1 if wrong else 0


def first_difference(generated: Optional[bytes], present: Optional[bytes]) -> str:
    if generated is None:
        return "not generated, but present"
    if present is None:
        return "generated, but missing"
    for line, (ours, theirs) in enumerate(zip(generated.split(b"\n"), present.split(b"\n")), 1):
        if ours != theirs:
            start = max(0, len(os.path.commonprefix([ours, theirs])) - 40)
            generated_here, present_here = ours[start : start + 80].decode(), theirs[start : start + 80].decode()
            return f"line {line}, column {start + 1}:\n  generated {generated_here}\n  present   {present_here}"
    return "one is longer"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the files present, write nothing")
    arguments = parser.parse_args()
    pinned.settle()
    files = generate()
    return check(files) if arguments.check else write(files)


if __name__ == "__main__":
    sys.exit(main())
