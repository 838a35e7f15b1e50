"""What a person asks of `konv train`: the options as one record, and the command that asks for the same again."""

from __future__ import annotations

from dataclasses import dataclass

from konv.runs.variant import Variant

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """What was asked for: the options of `konv train`."""

    data: str | None
    model: str
    activation: str | None
    pooling: str | None
    kernel: int | None
    filters: int | None
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float | None
    seed: int
    image_size: tuple[int, int] | None
    out: str | None
    strict: bool
    quiet: bool

    @property
    def variant(self) -> Variant:
        """The network asked for."""
        return Variant(self.model, self.activation or "", self.pooling or "", self.kernel or 0, self.filters or 0)

    @property
    def command(self) -> tuple[str, ...]:
        """The command that asks for the same, every choice that bears on the result spelled out."""
        size = [] if self.image_size is None else ["--image-size", "x".join(map(str, self.image_size))]
        network = [word for name, value in self.variant.choices.items() for word in (f"--{name}", str(value))]
        rate = [] if self.learning_rate is None else ["--learning-rate", repr(self.learning_rate)]
        return (
            "konv", "train", *([] if self.data is None else [self.data]), "--model", self.model, *network,
            "--epochs", str(self.epochs), "--batch-size", str(self.batch_size), "--optimizer", self.optimizer, *rate,
            "--seed", str(self.seed), *size, *(["--strict"] if self.strict else []),
        )  # fmt: skip
