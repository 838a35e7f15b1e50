"""Graph and batch size in, results out: the reference engine and the native one behind one contract."""

from konv.engine.program import Outcome, Position, Program, Training, build

__all__ = ["Outcome", "Position", "Program", "Training", "build"]
