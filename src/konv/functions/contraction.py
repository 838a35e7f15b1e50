"""Sums of products over chosen axes: Einstein's notation, and tensor products."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from konv.errors import GraphError, ShapeError
from konv.functions.arrangement import reshape, transpose
from konv.functions.base import array, is_symbolic, lead, tensor
from konv.functions.elementwise import multiply
from konv.functions.networks import matmul
from konv.functions.reduction import sum as summed
from konv.graph import Tensor
from konv.messages import text

__all__ = ["einsum", "tensordot"]


def einsum(subscripts: str, *operands: Any) -> Any:
    """Products of `operands` summed over the letters that `subscripts` does not keep: `"nic,co->nio"`.

    The first letter of a symbolic tensor is its batch axis: the same for all of them, first in the result, and not in
    weights and arrays, which are the same for every sample. `...` stands for axes that are not named.
    Raises: ShapeError for subscripts that do not fit; GraphError for a sum over the batch.
    """
    if not is_symbolic(*operands):
        return np.asarray(np.einsum(subscripts, *(array(x) for x in operands), optimize=True))
    tensors = [tensor(x) for x in operands]
    names, kept = _names(subscripts, [len(t.shape) + lead(t) for t in tensors])
    sizes: dict[str, int] = {}
    for name, t in zip(names, tensors, strict=True):
        for letter, size in zip(name[lead(t) :], t.shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise _misfit(subscripts, tensors)
    batch = {name[0] for name, t in zip(names, tensors, strict=True) if lead(t)}
    if batch and (len(batch) > 1 or batch & set(sizes)):
        raise _misfit(subscripts, tensors)
    if batch and not kept.startswith(tuple(batch)):
        raise GraphError(text("over_the_batch", function="einsum", shape=subscripts))
    terms = [_one(t, name[lead(t) :]) for name, t in zip(names, tensors, strict=True)]
    kept = kept[len(batch) :]
    found, name = terms[0]
    for i, (other, more) in enumerate(terms[1:], 2):
        needed = set(kept).union(*(rest for _, rest in terms[i:]))
        found, name = _product(found, name, other, more, needed, sizes)
    found, name = _without(found, name, set(kept))
    return _arranged(found, [name.index(letter) for letter in kept])


def tensordot(x1: Any, x2: Any, axes: int | Sequence[Any] = 2) -> Any:
    """Products of `x1` and `x2` summed over pairs of axes.

    Arguments: `axes`, how many of the last of `x1` meet as many of the first of `x2`, or a pair: an axis or a list of
    them of `x1`, and of `x2`. A symbolic tensor comes first, with an array or a weight behind it.
    Raises: ShapeError where they do not fit, GraphError for two symbolic tensors: `einsum` says how their batches meet.
    """
    if not is_symbolic(x1, x2):
        return np.asarray(np.tensordot(array(x1), array(x2), axes if isinstance(axes, int) else (axes[0], axes[1])))
    a, b = tensor(x1), tensor(x2)
    if lead(b):
        raise GraphError(text("batch_axis_first", received="tensordot"))
    counts = len(a.shape) + lead(a), len(b.shape)
    if isinstance(axes, int):
        axes = list(range(counts[0] - axes, counts[0])), list(range(axes))
    first, second = ([one] if isinstance(one, int) else list(one) for one in axes)
    left, right = ascii_letters[: counts[0]], list(ascii_letters[counts[0] : counts[0] + counts[1]])
    for i, j in zip(first, second, strict=True):
        right[j] = left[i]
    met = {left[i] for i in first}
    kept = "".join(letter for letter in (*left, *right) if letter not in met)
    return einsum(f"{left},{''.join(right)}->{kept}", a, b)


def _names(subscripts: str, counts: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each operand's axes, and of the result's, free letters in the place of dots."""
    given, arrow, kept = subscripts.replace(" ", "").partition("->")
    names = given.split(",")
    free = [letter for letter in ascii_letters if letter not in subscripts]
    if len(names) != len(counts):
        raise ShapeError(text("bad_subscripts", received=subscripts, shapes=f"{len(counts)}"))
    most = 0
    for i, (name, count) in enumerate(zip(names, counts, strict=True)):
        more = count - len(name.replace("...", ""))
        if more < 0 or (more and "..." not in name):
            raise ShapeError(text("bad_subscripts", received=subscripts, shapes=", ".join(map(str, counts))))
        names[i] = name.replace("...", "".join(free[:more][::-1]))
        most = max(most, more if "..." in name else 0)
    if not arrow:
        once = sorted(letter for letter in set(given) if letter.isalpha() and given.count(letter) == 1)
        kept = "..." * ("..." in given) + "".join(once)
    kept = kept.replace("...", "".join(free[:most][::-1]))
    if len(set(kept)) < len(kept) or not set(kept) <= set("".join(names)):
        raise ShapeError(text("bad_subscripts", received=subscripts, shapes=", ".join(map(str, counts))))
    return names, kept


def _misfit(subscripts: str, tensors: Sequence[Tensor]) -> ShapeError:
    shapes = ", ".join(str(("?",) * lead(t) + t.shape) for t in tensors)
    return ShapeError(text("bad_subscripts", received=subscripts, shapes=shapes))


def _one(x: Tensor, name: str) -> tuple[Tensor, str]:
    """The diagonal, where a letter names several axes."""
    for letter in dict.fromkeys(name):
        while name.count(letter) > 1:
            a, b = name.index(letter), name.rindex(letter)
            shape = [1] * len(name)
            shape[a] = shape[b] = x.shape[a]
            x = summed(multiply(x, np.eye(x.shape[a], dtype="float32").reshape(shape)), b + lead(x))
            name = name[:b] + name[b + 1 :]
    return x, name


def _without(x: Tensor, name: str, needed: set[str]) -> tuple[Tensor, str]:
    """The sum over letters that nobody needs."""
    axes = [i + lead(x) for i, letter in enumerate(name) if letter not in needed]
    return (summed(x, axes) if axes else x), "".join(letter for letter in name if letter in needed)


def _product(
    a: Tensor, first: str, b: Tensor, second: str, needed: set[str], sizes: dict[str, int]
) -> tuple[Tensor, str]:
    """One product of matrices: (side by side, rows, met) times (side by side, met, columns)."""
    if lead(b) and not lead(a):
        a, first, b, second = b, second, a, first
    a, first = _without(a, first, needed | set(second))
    b, second = _without(b, second, needed | set(first))
    both = [letter for letter in first if letter in second]
    beside, met = [x for x in both if x in needed], [x for x in both if x not in needed]
    rows, columns = [x for x in first if x not in both], [x for x in second if x not in both]

    def matrices(x: Tensor, name: str, *groups: list[str]) -> Tensor:
        order = [name.index(letter) for group in groups for letter in group]
        return _shaped(_arranged(x, order), [_count(group, sizes) for group in groups])

    left, right = matrices(a, first, beside, rows, met), matrices(b, second, beside, met, columns)
    if lead(a) and not lead(b) and not beside:
        right = _shaped(right, list(right.shape[1:]))
        left = _shaped(left, list(left.shape[1:]))
    found = [*beside, *rows, *columns]
    return _shaped(matmul(left, right), [sizes[letter] for letter in found]), "".join(found)


def _count(letters: Sequence[str], sizes: dict[str, int]) -> int:
    return int(np.prod([sizes[letter] for letter in letters], dtype=np.int64))


def _arranged(x: Tensor, order: Sequence[int]) -> Tensor:
    """`x` with its own axes in another order."""
    if list(order) == list(range(len(x.shape))):
        return x
    found: Tensor = transpose(x, [*[0] * lead(x), *(i + lead(x) for i in order)])
    return found


def _shaped(x: Tensor, shape: Sequence[int]) -> Tensor:
    found: Tensor = x if x.shape == tuple(shape) else reshape(x, [*[-1] * lead(x), *shape])
    return found
