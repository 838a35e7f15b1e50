"""Running a script whose Keras is konv."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from konv.compat.finder import in_force
from konv.errors import HOME, ConfigurationError, KonvError
from konv.messages import text

__all__ = ["run"]

FAILED, INTERRUPTED = 1, 130


def run(script: str | Path, arguments: Sequence[str] = (), whole: bool = False) -> int:
    """Run `script` as `python SCRIPT ARGUMENTS…` would, its imports of Keras and TensorFlow answered by konv.

    Arguments: `arguments`, what it finds in `sys.argv` behind its own name; `whole`, whether the traceback of an error
    shows konv's own lines too, not only the script's.
    Returns: its exit code: what it gave `sys.exit`, 1 after an error, 130 after Ctrl-C.
    Raises: ConfigurationError where there is no such file.
    """
    path = Path(script)
    if not path.is_file():
        raise ConfigurationError(text("script.missing", path=path))
    before = sys.argv, sys.path[:]
    sys.argv = [str(script), *arguments]
    sys.path[0:1] = [str(path.resolve().parent)]
    try:
        with in_force():
            runpy.run_path(str(script), run_name="__main__")
    except SystemExit as asked:
        return _code(asked.code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except BaseException as error:  # noqa: BLE001 (whatever a script raises is its own, and told as Python does)
        _tell(error, whole)
        return FAILED
    finally:
        sys.argv, sys.path[:] = before
    return 0


def _code(given: object) -> int:
    """The exit code for what `sys.exit` was given."""
    if given is None:
        return 0
    if isinstance(given, int):
        return given
    print(given, file=sys.stderr)
    return FAILED


def _tell(error: BaseException, whole: bool) -> None:
    """Print the traceback of `error` from the script's own lines on; of konv's sentences no lines of konv."""
    sys.stdout.flush()
    told = traceback.TracebackException.from_exception(error)
    if not whole:
        frames = list(told.stack)
        own = [not frame.filename.startswith((HOME, "<frozen")) for frame in frames]
        first = next((i for i, mine in enumerate(own) if mine), len(frames))
        kept = (
            [f for f, mine in zip(frames, own, strict=True) if mine] if isinstance(error, KonvError) else frames[first:]
        )
        told.stack = traceback.StackSummary.from_list(kept)
        if isinstance(error, KonvError):
            told.__cause__ = told.__context__ = None
    print("".join(told.format()), end="", file=sys.stderr, flush=True)
