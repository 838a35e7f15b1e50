"""Image files to arrays: modes, orientation, the rule of fitting, and files that cannot be read."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from konv.data.images import decode, fit, load_image
from konv.data.jpeg import decoded_small
from konv.errors import ConfigurationError, ImageError


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "TIFF", "GIF", "WEBP"])
def test_lossless_formats_come_back_exactly(kind: str) -> None:
    pixels = noise(6, 5, 3)
    if kind == "GIF":
        pixels[...] = pixels[..., :1] // 64 * 64
    file = encoded(Image.fromarray(pixels), kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert np.array_equal(load_image(file, (6, 5, 3)), pixels)


def test_grey_stays_grey_and_becomes_colour_on_request() -> None:
    pixels = noise(4, 4)
    assert decode(encoded(Image.fromarray(pixels)), "a").mode == "L"
    assert np.array_equal(load_image(encoded(Image.fromarray(pixels)), (4, 4, 1))[..., 0], pixels)
    assert np.array_equal(load_image(encoded(Image.fromarray(pixels)), (4, 4, 3)), np.stack([pixels] * 3, -1))


def test_colour_becomes_grey_by_its_luma() -> None:
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    assert load_image(encoded(Image.fromarray(colours)), (1, 4, 1)).ravel().tolist() == [76, 150, 29, 9]


def test_transparency_is_laid_on_white() -> None:
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = [0, 255, 127]
    result = load_image(encoded(Image.fromarray(pixels, "RGBA")), (1, 3, 3))
    assert result[0].tolist() == [[255] * 3, [0] * 3, [128] * 3]
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    assert load_image(encoded(palette, transparency=0), (1, 2, 3))[0].tolist() == [[255] * 3, [40, 50, 60]]
    grey = Image.fromarray(np.array([[7, 8]], np.uint8))
    assert load_image(encoded(grey, transparency=7), (1, 2, 1))[0].tolist() == [[255], [8]]


def test_sixteen_bits_keep_the_upper_eight() -> None:
    values = np.array([[0, 255, 256, 65535]], np.uint16)
    assert load_image(encoded(Image.fromarray(values)), (1, 4, 1)).ravel().tolist() == [0, 0, 1, 255]


def test_floating_point_pixels_are_refused() -> None:
    with pytest.raises(ImageError, match="floating-point"):
        decode(encoded(Image.fromarray(np.zeros((2, 2), np.float32)), "TIFF"), "f.tif")


def test_exif_orientation_is_followed() -> None:
    pixels = noise(2, 3, 3)
    image = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the file must be turned by 90° clockwise
    assert np.array_equal(load_image(encoded(image, exif=exif), (3, 2, 3)), np.rot90(pixels, -1))


def test_fit_crops_about_the_centre() -> None:
    pixels = noise(4, 10)
    assert np.array_equal(np.asarray(fit(Image.fromarray(pixels), 4, 4)), pixels[:, 3:7])
    assert np.array_equal(np.asarray(fit(Image.fromarray(pixels.T), 4, 4)), pixels.T[3:7])


def test_fit_averages_the_area_each_pixel_covers() -> None:
    pixels = noise(12, 12)
    means = pixels.reshape(4, 3, 4, 3).mean((1, 3))
    # the columns are averaged and rounded, then the rows: half a grey level each
    assert np.abs(np.asarray(fit(Image.fromarray(pixels), 4, 4)) - means).max() <= 1


def test_fit_enlarges_without_new_values_at_the_edges() -> None:
    result = np.asarray(fit(Image.fromarray(np.array([[0, 200]], np.uint8)), 4, 8))
    assert result.shape == (4, 8)
    assert result[0, 0] == 0
    assert result[0, -1] == 200
    assert (np.diff(result[0].astype(int)) >= 0).all()


def test_load_image_takes_a_path(tmp_path: Path) -> None:
    pixels = noise(8, 8, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert np.array_equal(load_image(tmp_path / "a.png", (8, 8, 3)), pixels)
    assert np.array_equal(load_image(str(tmp_path / "a.png"), (8, 8, 3)), pixels)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 2), (0, 8, 3), (8, 8, 3, 1)])
def test_load_image_refuses_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ConfigurationError, match="1 or 3 channels"):
        load_image("nowhere.png", shape)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"%!PS-Adobe"]
)
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(ImageError, match=r"bad\.png cannot be read as an image: ."):
        load_image(tmp_path / "bad.png", (4, 4, 3))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"gone\.png"):
        load_image(tmp_path / "gone.png", (4, 4, 3))


def test_a_truncated_image_is_refused() -> None:
    whole = encoded(Image.fromarray(noise(64, 64, 3)), "JPEG").getvalue()
    with pytest.raises(ImageError):
        decode(io.BytesIO(whole[: len(whole) // 2]), "half.jpg")


def test_a_decompression_bomb_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = encoded(Image.new("1", (1000, 1100))).getvalue()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    with pytest.warns(Image.DecompressionBombWarning), pytest.raises(ImageError, match="1000×1100 pixels"):
        decode(io.BytesIO(bomb), "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ImageError, match=r"bomb\.png"):
        decode(io.BytesIO(bomb), "bomb.png")


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=20),
)
@pytest.mark.filterwarnings("ignore")
def test_damaged_files_give_an_image_or_an_image_error(kind: str, changes: list[tuple[float, int]]) -> None:
    content = bytearray(encoded(Image.fromarray(noise(9, 7, 3)), kind).getvalue())
    for place, value in changes:
        content[int(place * len(content))] = value
    try:
        mode = decode(io.BytesIO(bytes(content)), "damaged").mode
    except ImageError:
        mode = "refused"
    assert mode in ("L", "RGB", "refused")


def test_an_image_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"^There is no file or folder .*gone\.png\.$"):
        load_image(tmp_path / "gone.png", (8, 8, 3))
    with pytest.raises(ImageError, match=r"cannot be read as an image: Is a directory\."):
        load_image(tmp_path, (8, 8, 3))


def opened(file: io.BytesIO, monkeypatch: pytest.MonkeyPatch, **how: object) -> Image.Image:
    """The image as Pillow's general way gives it."""
    with monkeypatch.context() as patch:
        patch.setattr("konv.data.images.decoded_small", lambda *_: None)
        return decode(file, "a.jpg", **how)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}], ids=str)
@pytest.mark.parametrize("size", [(1, 1), (17, 9), (32, 32), (200, 331)], ids=str)
def test_small_jpegs_take_a_shorter_way_to_the_same_pixels(
    mode: str, how: dict[str, object], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image.effect_mandelbrot(size, (-2, -1, 1, 1), 30).convert(mode)
    file = encoded(image, "JPEG", comment=b"x" * 300, **how)
    for side in (None, 2, 4, 16, 33):
        ours = decoded_small(file, side)
        theirs = opened(file, monkeypatch, side=side)
        assert ours is not None
        assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
        assert np.array_equal(np.asarray(ours), np.asarray(theirs))


def test_one_image_is_written_over_another() -> None:
    """Where it has the same form, and memory of its own."""
    files = [encoded(Image.fromarray(noise(8, 8, 3) // k), "JPEG") for k in (1, 2)]
    first = decode(files[0], "a.jpg")
    kept = np.asarray(first)
    assert decode(files[1], "b.jpg", over=first) is first
    assert not np.array_equal(np.asarray(first), kept)
    array = noise(8, 8, 3)
    for other in (Image.fromarray(array), Image.new("L", (8, 8)), Image.new("RGB", (8, 9)), Image.open(files[0])):
        again = decode(files[1], "b.jpg", over=other)
        assert np.array_equal(np.asarray(again), np.asarray(first))
    assert np.array_equal(array, noise(8, 8, 3))


def test_what_is_not_plain_goes_the_general_way() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Image.fromarray(noise(20, 30, 3))
    for kind, options in (
        ("JPEG", {"exif": exif}), ("PNG", {}), ("MPO", {"save_all": True, "append_images": [picture]}),
    ):  # fmt: skip
        assert decoded_small(encoded(picture, kind, **options)) is None
    assert decoded_small(encoded(picture.convert("CMYK"), "JPEG")) is None
    assert decoded_small(encoded(Image.fromarray(noise(400, 400, 3)), "JPEG", quality=95)) is None
    whole = encoded(picture, "JPEG").getvalue()
    assert not any(decoded_small(io.BytesIO(whole[:length])) for length in range(len(whole) - 2))
