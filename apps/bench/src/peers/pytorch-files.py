"""PyTorch over files of any size: `python3 pytorch-files.py mapped|read BLOCK_ROWS LOGITS.npy TARGETS.npy`.

Prints the mean cross entropy, block by block, and nothing else of what an evaluation says. `mapped` takes slices of
memory-mapped arrays; `read` reads each block into the same array. Threads are as many as PyTorch takes by itself.
"""

import json
import sys

sys.path.pop(0)  # this folder: no file in it may be taken for a module of that name

import numpy as np
import torch
import torch.nn.functional as F


def mapped(path, rows):
    array = np.load(path, mmap_mode="c")  # "c": PyTorch warns of arrays that cannot be written
    for first in range(0, len(array), rows):
        yield array[first : first + rows]


def read(path, rows):
    with open(path, "rb", buffering=0) as file:
        version = np.lib.format.read_magic(file)
        assert version == (1, 0), version
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        block = np.empty((rows, *shape[1:]), dtype)
        for first in range(0, shape[0], rows):
            part = block[: min(rows, shape[0] - first)]
            rest = memoryview(part).cast("B")
            while len(rest) > 0:
                count = file.readinto(rest)
                assert count > 0, f"{path} is truncated"
                rest = rest[count:]
            yield part


BLOCKS = {"mapped": mapped, "read": read}


def main(how, block_rows, logits, targets):
    blocks, rows = BLOCKS[how], int(block_rows)
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in zip(blocks(logits, rows), blocks(targets, rows)):
            total += F.cross_entropy(torch.from_numpy(x), torch.from_numpy(y), reduction="sum").item()
            count += len(y)
    print(json.dumps({"loss": total / count, "version": torch.__version__, "threads": torch.get_num_threads()}))


main(*sys.argv[1:])
