"""Draws the demo listings' pictures, the .webp files beside this script.

They show no real place and copy nobody's work: every room and house is made of boxes, cloth and light from a seed, so
the pictures are free of any licence. The same packages draw the same pictures. Nothing else needs this script or its
packages, so no requirements file lists them. In a virtual environment of its own:

    pip install mitsuba==3.9.1 pyoidn==2.5.1.0 numpy==2.4.6 pillow==13.0.0
    python infra/local/pictures/draw.py            # all of them: 15 to 30 seconds each
    python infra/local/pictures/draw.py house-03   # only the named ones
"""

import argparse
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, radians, sin
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import drjit
import mitsuba as mi
import numpy as np
import pyoidn
from PIL import Image, ImageFilter

mi.set_variant("scalar_rgb")

Array: TypeAlias = np.ndarray[Any, Any]
Point = tuple[float, float, float]

LARGEST = 15_000
"""Bytes of a picture. Its quality goes down until it fits."""


def linear(colour: str) -> Array:
    """An sRGB colour like #c8b49a as linear light."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb < 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


# Materials


@dataclass(frozen=True, eq=False)
class Material:
    """What a surface is made of. A texture repeats every ``size`` metres."""

    colour: Array
    kind: str = "matte"
    roughness: float = 0.2
    size: float = 1

    def to_bsdf(self) -> dict[str, Any]:
        reflectance = _texture(self.colour)
        bsdf: dict[str, Any] = {"type": "diffuse", "reflectance": reflectance}
        if self.kind == "gloss":
            bsdf = {"type": "roughplastic", "diffuse_reflectance": reflectance, "alpha": self.roughness}
        elif self.kind == "metal":
            bsdf = {"type": "roughconductor", "material": "none", "alpha": self.roughness}
            bsdf["specular_reflectance"] = reflectance
        elif self.kind == "mirror":
            bsdf = {"type": "conductor", "material": "none", "specular_reflectance": reflectance}
        elif self.kind == "glass":
            return {"type": "thindielectric"}
        return {"type": "twosided", "bsdf": bsdf}


def _texture(colour: Array) -> dict[str, Any]:
    if colour.ndim == 1:
        return {"type": "rgb", "value": [float(part) for part in colour]}
    return {"type": "bitmap", "bitmap": mi.Bitmap(colour.astype(np.float32)), "raw": True}


def matte(colour: str) -> Material:
    return Material(linear(colour))


def gloss(colour: str, roughness: float = 0.2) -> Material:
    return Material(linear(colour), "gloss", roughness)


def metal(colour: str, roughness: float = 0.2) -> Material:
    return Material(linear(colour), "metal", roughness)


def glow(colour: str, power: float) -> Material:
    return Material(linear(colour) * power, "glow")


def noise(random: Random, height: int, width: int, rows: int, columns: int) -> Array:
    """Smooth noise around 0, with about this many bumps down and across; it repeats at the edges."""
    source = np.random.default_rng(random.getrandbits(32)).standard_normal((rows, columns))
    source = np.pad(source, 1, mode="wrap")
    picture = Image.fromarray(source.astype(np.float32)).resize(
        (round(width * (columns + 2) / columns), round(height * (rows + 2) / rows)), Image.Resampling.BICUBIC
    )
    top, left = round(height / rows), round(width / columns)
    return np.asarray(picture)[top : top + height, left : left + width]


def planks(random: Random, colour: str, count: int = 16, gloss_: bool = True, contrast: float = 1) -> Material:
    """A wooden floor, or a wooden board with ``count`` 1."""
    pixels = 768
    shade = np.empty((pixels, pixels))
    for plank in range(count):
        rows = slice(plank * pixels // count, (plank + 1) * pixels // count)
        height = rows.stop - rows.start
        grain = noise(random, height, pixels, max(3, height // 5), 5) + noise(random, height, pixels, height // 2, 24)
        shade[rows] = 1 + contrast * 0.045 * grain
        shift = random.randrange(pixels)
        for half in range(2):
            columns = (np.arange(pixels // 2) + shift + half * pixels // 2) % pixels
            shade[rows, columns] *= 1 + contrast * random.uniform(-0.13, 0.13)
            if count > 1:
                shade[rows, columns[:2]] *= 0.65
        if count > 1:
            shade[rows.start : rows.start + 2] *= 0.65
    picture = np.clip(linear(colour) * shade[..., None], 0, 0.9)
    return Material(picture, "gloss" if gloss_ else "matte", 0.22, size=0.14 * max(count, 8))


def tiles(random: Random, colour: str, grout: str, size: float = 0.3, aspect: int = 1, other: str = "") -> Material:
    """Tiles, two by two (two by four when twice as long as high), with an ``other`` colour as a checkerboard."""
    pixels, rows = 384, 4 * aspect
    step, length = pixels // rows, pixels // 4
    picture = np.empty((pixels, pixels, 3))
    for row in range(rows):
        for column in range(4):
            base = linear(other if other and (row + column) % 2 else colour)
            left = column * length + (length // 2 if aspect > 1 and row % 2 else 0)
            across = np.arange(left, left + length) % pixels
            picture[row * step : (row + 1) * step, across] = base * random.uniform(0.93, 1.05)
            picture[row * step : (row + 1) * step, across[:3]] = linear(grout)
        picture[row * step : row * step + 3] = linear(grout)
    return Material(np.clip(picture, 0, 0.92), "gloss", 0.12, size=size * 4)


def speckled(random: Random, colour: str, amount: float = 0.15, size: float = 2, bumps: int = 90) -> Material:
    """Grass, gravel, plaster: one colour with noise."""
    shade = 1 + amount * (noise(random, 512, 512, bumps, bumps) + 0.6 * noise(random, 512, 512, 7, 7))
    return Material(np.clip(linear(colour) * shade[..., None], 0.01, 0.9), size=size)


def rug_pattern(random: Random, colours: Sequence[str]) -> Material:
    """A rug: stripes, diamonds, a border or plain wool."""
    across, down = np.meshgrid(np.linspace(0, 1, 300), np.linspace(0, 1, 200))
    ground, figure, line = (linear(colour) for colour in colours)
    edge = np.minimum(np.minimum(across, 1 - across) * 1.5, np.minimum(down, 1 - down))
    diamonds = np.abs((across * 6) % 1 - 0.5) + np.abs((down * 4) % 1 - 0.5)
    style = random.choice(("stripes", "diamonds", "border", "lattice", "plain"))
    masks = {
        "stripes": (np.sin(across * pi * 14) > 0.35, np.sin(across * pi * 14) < -0.9),
        "diamonds": (diamonds < 0.28, (diamonds < 0.12) | ((edge > 0.06) & (edge < 0.085))),
        "border": ((edge > 0.07) & (edge < 0.16), (edge > 0.03) & (edge < 0.05)),
        "lattice": (np.abs(diamonds - 0.5) < 0.06, edge < 0.03),
        "plain": (edge < 0.04, edge < 0),
    }[style]
    picture = np.where(masks[0][..., None], figure, ground)
    picture = np.where(masks[1][..., None], line, picture)
    return Material(np.clip(picture * (1 + 0.07 * noise(random, 200, 300, 70, 100)[..., None]), 0, 0.9))


def painting(random: Random, colours: Sequence[str]) -> Material:
    """Abstract art: a sun over hills, blocks, or circles."""
    across, down = np.meshgrid(np.linspace(0, 1, 160), np.linspace(0, 1, 160))
    shades = [linear(colour) for colour in random.sample(list(colours), len(colours))]
    picture = np.ones((160, 160, 3)) * shades[0]
    style = random.randrange(3)
    for number, shade in enumerate(shades[1:] + shades[1:3]):
        x, y, reach = random.uniform(0.15, 0.85), random.uniform(0.15, 0.85), random.uniform(0.1, 0.35)
        if style == 0:
            mask = down > 0.35 + 0.13 * number + 0.09 * np.sin(across * (4 + number) + 6 * x)
            if number == 0:
                mask = (across - x) ** 2 + (down - 0.28) ** 2 < 0.02
        elif style == 1:
            mask = (np.abs(across - x) < reach) & (np.abs(down - y) < reach * random.uniform(0.4, 1.4))
        else:
            mask = (across - x) ** 2 + (down - y) ** 2 < reach**2
        picture = np.where(mask[..., None], shade, picture)
    return Material(picture[::-1])


def view(random: Random, power: float, warm: float) -> Material:
    """What a window shows and lets in: a sky, mountains with snow, trees or blocks of flats."""
    size = 256
    across, up = np.meshgrid(np.linspace(0, 1, size), np.linspace(1, 0, size))
    sky = np.array([0.72 + 0.3 * warm, 0.9, 1.12 - 0.25 * warm])
    picture = sky * (1.12 - 0.25 * up[..., None])
    ridge = 0.45 + 0.05 * noise(random, 1, size, 1, 7)[0] + 0.012 * noise(random, 1, size, 1, 40)[0]
    snow = up > ridge - 0.07 + 0.02 * noise(random, size, size, 30, 30)
    mountain = np.where(snow[..., None], [0.62, 0.68, 0.8], [0.17, 0.24, 0.36])
    picture = np.where((up < ridge)[..., None], mountain, picture)
    if random.random() < 0.5:
        for _ in range(7):
            left, width, top = random.random(), random.uniform(0.06, 0.16), random.uniform(0.2, 0.42)
            block = (across > left) & (across < left + width) & (up < top)
            panes = ((across * 70) % 1 < 0.5) & ((up * 50) % 1 < 0.5)
            shade = np.array([0.34, 0.29, 0.24]) * random.uniform(0.6, 1.3)
            picture = np.where(block[..., None], np.where(panes[..., None], shade * 0.6, shade), picture)
    trees = 0.2 + 0.05 * noise(random, 1, size, 1, 14)[0]
    leaves = np.array([0.1, 0.17, 0.05]) * (1 + 0.25 * noise(random, size, size, 40, 40)[..., None])
    picture = np.where((up < trees)[..., None], leaves, picture)
    return Material(np.clip(picture[::-1], 0.02, 2) * power, "glow")


# Shapes


def _power(wave: Array, exponent: float) -> Array:
    return np.sign(wave) * np.abs(wave) ** exponent


class Scene:
    """Meshes of one picture. Shapes are in metres, relative to the place that ``at()`` has moved to; up is z."""

    def __init__(self, random: Random, mirror_at: float | None = None) -> None:
        self.random = random
        self.lights: dict[str, Any] = {}
        self._parts: dict[Material, list[tuple[Array, Array]]] = {}
        self._place = np.eye(4)
        if mirror_at is not None:  # Left and right change places.
            self._place[0] = -1, 0, 0, mirror_at

    @contextmanager
    def at(self, x: float, y: float, z: float = 0, turn: float = 0, tilt: float = 0) -> Iterator[None]:
        """Shapes within are moved, turned about z and tilted backwards. Furniture faces -y before its turn."""
        before, turn, tilt = self._place, radians(turn), -radians(tilt)
        turned = [[cos(turn), -sin(turn), 0, x], [sin(turn), cos(turn), 0, y], [0, 0, 1, z], [0, 0, 0, 1]]
        tilted = [[1, 0, 0, 0], [0, cos(tilt), -sin(tilt), 0], [0, sin(tilt), cos(tilt), 0], [0, 0, 0, 1]]
        self._place = before @ np.array(turned) @ np.array(tilted)
        yield
        self._place = before

    def point(self, point: Point) -> list[float]:
        return [float(part) for part in (self._place @ (*point, 1))[:3]]

    def mesh(self, points: Array, normals: Array, faces: Array, uv: Array, material: Material) -> None:
        """Adds triangles."""
        turned = self._place[:3, :3]
        if np.linalg.det(turned) < 0:
            faces = faces[:, ::-1]
        vertices = np.hstack([points @ turned.T + self._place[:3, 3], normals @ turned.T, uv]).astype("<f4")
        self._parts.setdefault(material, []).append((vertices, faces))

    def save(self, folder: str) -> dict[str, Any]:
        """Writes one file for each material; returns the scene as Mitsuba wants it."""
        objects = dict(self.lights)
        for number, (material, parts) in enumerate(self._parts.items()):
            vertices = np.vstack([part for part, _ in parts])
            starts = np.cumsum([0, *(len(part) for part, _ in parts)])
            faces = np.vstack([corners + start for (_, corners), start in zip(parts, starts, strict=False)])
            rows = np.empty(len(faces), [("count", "u1"), ("corners", "<i4", 3)])
            rows["count"], rows["corners"] = 3, faces
            names = "\n".join(f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz", "u", "v"))
            header = (
                f"ply\nformat binary_little_endian 1.0\nelement vertex {len(vertices)}\n{names}\n"
                f"element face {len(faces)}\nproperty list uchar int vertex_index\nend_header\n"
            )
            file = Path(folder, f"{number}.ply")
            file.write_bytes(header.encode() + vertices.tobytes() + rows.tobytes())
            shape: dict[str, Any] = {"type": "ply", "filename": str(file)}
            if material.kind == "glow":
                shape["emitter"] = {"type": "area", "radiance": _texture(material.colour)}
                shape["bsdf"] = {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.5}}
            else:
                shape["bsdf"] = material.to_bsdf()
            objects[f"shape{number}"] = shape
        return objects

    def grid(self, points: Array, material: Material, uv: Array | None = None) -> None:
        """Adds a smooth surface through a grid of points."""
        rows, columns = points.shape[:2]
        normals = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0)).reshape(-1, 3)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
        faces = np.vstack(
            [
                np.column_stack([corner, corner + 1, corner + columns]),
                np.column_stack([corner + 1, corner + columns + 1, corner + columns]),
            ]
        )
        if uv is None:
            u, v = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
            uv = np.dstack([u, v])
        self.mesh(points.reshape(-1, 3), normals, faces, uv.reshape(-1, 2), material)

    def quad(self, origin: Point, right: Point, up: Point, material: Material, fit: bool = True) -> None:
        """Adds a rectangle that faces right × up. Its texture is stretched to fit, or repeats."""
        o, u, v = (np.array(vector, float) for vector in (origin, right, up))
        repeat = (1, 1) if fit else (np.linalg.norm(u) / material.size, np.linalg.norm(v) / material.size)
        points = np.array([[o, o + u], [o + v, o + u + v]])
        self.grid(points, material, np.array([[[0, 0], [1, 0]], [[0, 1], [1, 1]]]) * repeat)

    def box(self, x: float, y: float, z: float, width: float, depth: float, height: float, material: Material) -> None:
        """Adds a box from its low corner and its size."""
        low, size = np.array([x, y, z], float), np.array([width, depth, height], float)
        points, normals, uv = [], [], []
        for axis, side in ((axis, side) for axis in range(3) for side in (0, 1)):
            flat = [other for other in range(3) if other != axis]
            for corner in ((0, 0), (1, 0), (1, 1), (0, 1)):
                point = low.copy()
                point[axis] += side * size[axis]
                point[flat] += np.array(corner) * size[flat]
                points.append(point)
                normals.append(np.eye(3)[axis] * (2 * side - 1))
                uv.append(point[flat] / material.size)
        faces = np.array([[4 * face + i for i in part] for face in range(6) for part in ((0, 1, 2), (0, 2, 3))])
        self.mesh(np.array(points), np.array(normals), faces, np.array(uv), material)

    def soft(
        self,
        x: float,
        y: float,
        z: float,
        width: float,
        depth: float,
        height: float,
        material: Material,
        radius: float = 0.05,
    ) -> None:
        """Adds a box with round edges."""
        size = np.array([width, depth, height], float) / 2
        radius = min(radius, *(size * 0.98))
        steps = np.sin(np.linspace(0, pi / 2, 5)) * radius
        for axis in range(3):
            a, b = (axis + 1) % 3, (axis + 2) % 3
            lines = [np.concatenate([-size[i] + radius - steps[::-1], size[i] - radius + steps]) for i in (a, b)]
            for side in (-1, 1):
                cube = np.empty((10, 10, 3))
                cube[..., axis] = side * size[axis]
                cube[..., a], cube[..., b] = np.meshgrid(*lines)
                if side < 0:
                    cube = cube[:, ::-1]
                inner = np.clip(cube, -size + radius, size - radius)
                out = cube - inner
                out /= np.linalg.norm(out, axis=2, keepdims=True)
                self._rounded(inner + out * radius + size + (x, y, z), out, material)

    def _rounded(self, points: Array, normals: Array, material: Material) -> None:
        rows, columns = points.shape[:2]
        corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
        one = np.column_stack([corner, corner + 1, corner + columns])
        two = np.column_stack([corner + 1, corner + columns + 1, corner + columns])
        uv = points.reshape(-1, 3)[:, :2] / material.size
        self.mesh(points.reshape(-1, 3), normals.reshape(-1, 3), np.vstack([one, two]), uv, material)

    def turned(
        self, x: float, y: float, profile: Sequence[tuple[float, float]], material: Material, parts: int = 28
    ) -> None:
        """Adds what a lathe makes: (radius, z) from the bottom up."""
        around = np.linspace(0, 2 * pi, parts + 1)
        for (r1, z1), (r2, z2) in pairwise(profile):
            ring = [
                np.column_stack([x + r * np.cos(around), y + r * np.sin(around), np.full(parts + 1, z)])
                for r, z in ((r1, z1), (r2, z2))
            ]
            slope = np.column_stack(
                [np.cos(around) * (z2 - z1), np.sin(around) * (z2 - z1), np.full(parts + 1, r1 - r2)]
            )
            slope /= max(np.hypot(z2 - z1, r1 - r2), 1e-9)
            self._rounded(np.array(ring), np.array([slope, slope]), material)

    def cylinder(self, x: float, y: float, z: float, radius: float, height: float, material: Material) -> None:
        self.turned(x, y, [(0, z), (radius, z), (radius, z + height), (0, z + height)], material)

    def ball(
        self,
        x: float,
        y: float,
        z: float,
        radius: float,
        material: Material,
        squeeze: Point = (1, 1, 1),
        square: float = 1,
    ) -> None:
        """Adds a ball, or a pillow: squeezed, with ``square`` corners below 1."""
        across, up = np.meshgrid(np.linspace(0, 2 * pi, 33), np.linspace(-pi / 2, pi / 2, 17))
        unit = np.dstack(
            [np.cos(up) * _power(np.cos(across), square), np.cos(up) * _power(np.sin(across), square), np.sin(up)]
        )
        points = unit * radius * np.array(squeeze) + (x, y, z)
        self.grid(points, material)

    def bar(self, start: Point, end: Point, radius: float, material: Material) -> None:
        """Adds a round bar between two points."""
        a, b = np.array(start), np.array(end)
        along = (b - a) / np.linalg.norm(b - a)
        side = np.cross(along, [1, 0, 0] if abs(along[0]) < 0.9 else [0, 1, 0])
        side /= np.linalg.norm(side)
        other = np.cross(along, side)
        around = np.linspace(0, 2 * pi, 13)[:, None]
        out = np.cos(around) * side + np.sin(around) * other
        self._rounded(np.array([a + out * radius, b + out * radius]), np.array([out, out]), material)


# Furniture. Each stands with the middle of its back at (0, 0) and faces -y.

WHITE = matte("#ece8e1")
BLACK = gloss("#1c1c1e", 0.15)
STEEL = metal("#c4c6c8", 0.25)
BRASS = metal("#c9a25e", 0.25)


def sofa(s: Scene, width: float, cloth: Material, wood: Material, cushions: Sequence[Material]) -> None:
    for x in (-width / 2 + 0.1, width / 2 - 0.15):
        for y in (-0.78, -0.12):
            s.box(x, y, 0, 0.05, 0.05, 0.14, wood)
    s.soft(-width / 2, -0.9, 0.12, width, 0.9, 0.2, cloth, 0.04)
    s.soft(-width / 2, -0.24, 0.14, width, 0.24, 0.7, cloth, 0.09)
    for x in (-width / 2, width / 2 - 0.2):
        s.soft(x, -0.9, 0.14, 0.2, 0.88, 0.48, cloth, 0.08)
    seats = max(1, round((width - 0.4) / 0.8))
    seat = (width - 0.4) / seats
    for number in range(seats):
        x = -width / 2 + 0.2 + number * seat
        s.soft(x + 0.005, -0.92, 0.3, seat - 0.01, 0.72, 0.17, cloth, 0.06)
        with s.at(x + seat / 2, -0.2, 0.44, tilt=14):
            s.soft(-seat / 2 + 0.01, -0.14, 0, seat - 0.02, 0.16, 0.42, cloth, 0.07)
    places = [-width / 2 + 0.42, width / 2 - 0.42, -width / 2 + 0.8, 0.1][: len(cushions)]
    for x, cushion in zip(places if width > 1.3 else [0.0], cushions, strict=False):
        pillow(s, x, -0.46, 0.66, 0.42, cushion, 24, s.random.uniform(-12, 12))


def pillow(s: Scene, x: float, y: float, z: float, size: float, cloth: Material, tilt: float, turn: float = 0) -> None:
    """A square pillow that stands and leans back."""
    with s.at(x, y, z, turn, tilt), s.at(0, 0, 0, 0, -90):
        s.ball(0, 0, 0, size / 2, cloth, (1.1, 1.1, 0.34), 0.45)


def low_table(s: Scene, width: float, depth: float, height: float, top: Material, leg: Material, round_: bool) -> None:
    if round_:
        s.cylinder(0, -depth / 2, height - 0.03, depth / 2, 0.03, top)
        for number in range(3):
            x, y = cos(2.1 * number + 0.5), sin(2.1 * number + 0.5)
            reach = depth / 2
            s.bar(
                (x * reach * 0.5, -reach + y * reach * 0.5, height),
                (x * reach * 0.8, -reach + y * reach * 0.8, 0),
                0.018,
                leg,
            )
    else:
        s.soft(-width / 2, -depth, height - 0.04, width, depth, 0.04, top, 0.012)
        for x in (-width / 2 + 0.04, width / 2 - 0.09):
            for y in (-depth + 0.04, -0.09):
                s.box(x, y, 0, 0.05, 0.05, height - 0.04, leg)


def things(s: Scene, z: float) -> None:
    """A few books and a vase around (0, 0)."""
    r = s.random
    for number in range(r.randint(2, 3)):
        with s.at(0.12, 0, 0, r.uniform(-14, 14)):
            shade = matte(r.choice(("#8d4a3a", "#d9d2c3", "#33506b", "#c89b4b", "#5d6b52")))
            s.box(-0.12, -0.09, z + number * 0.03, 0.24, 0.18, 0.028, shade)
    clay = gloss(r.choice(("#d8c9b5", "#58707a", "#b9674a", "#ece8e0")), 0.25)
    s.turned(
        -0.18, 0.02, [(0, z), (0.05, z), (0.08, z + 0.08), (0.06, z + 0.17), (0.03, z + 0.22), (0.04, z + 0.25)], clay
    )
    for number in range(7):
        x, y = r.uniform(-0.12, 0.12), r.uniform(-0.1, 0.1)
        top = (-0.18 + x, 0.02 + y, z + r.uniform(0.4, 0.55))
        s.bar((-0.18, 0.02, z + 0.22), top, 0.003, matte("#6d6a40"))
        s.ball(*top, 0.025, matte(("#d9b44a", "#e4d8c8", "#b55d4c")[number % 3]))


def rug(s: Scene, width: float, depth: float, pattern: Material) -> None:
    """Lies around (0, 0)."""
    s.box(-width / 2, -depth / 2, 0, width, depth, 0.012, matte("#8d8578"))
    s.quad((-width / 2, -depth / 2, 0.014), (width, 0, 0), (0, depth, 0), pattern)


def floor_lamp(s: Scene, power: float) -> None:
    s.cylinder(0, 0, 0, 0.14, 0.02, BLACK)
    s.bar((0, 0, 0), (0, 0, 1.5), 0.012, BLACK)
    s.turned(0, 0, [(0.2, 1.38), (0.15, 1.68)], glow("#ffd9a0", power))


def table_lamp(s: Scene, z: float, power: float, base: Material) -> None:
    s.turned(0, 0, [(0, z), (0.07, z), (0.09, z + 0.08), (0.05, z + 0.17), (0.015, z + 0.2), (0.015, z + 0.26)], base)
    s.turned(0, 0, [(0.14, z + 0.24), (0.1, z + 0.44)], glow("#ffd39a", power))


def pendant(s: Scene, ceiling: float, z: float, style: int, power: float, shade: Material) -> None:
    s.bar((0, 0, z), (0, 0, ceiling), 0.006, BLACK)
    if style == 0:
        s.ball(0, 0, z, 0.12, glow("#ffe3b8", power))
    elif style == 1:
        s.turned(0, 0, [(0.24, z - 0.1), (0.2, z), (0.06, z + 0.1), (0, z + 0.11)], shade)
        s.ball(0, 0, z - 0.04, 0.07, glow("#ffe3b8", power * 2))
    else:
        s.turned(0, 0, [(0.25, z - 0.1), (0.25, z + 0.12)], glow("#ffe8c8", power * 0.7))


def plant(s: Scene, height: float, pot: Material, z: float = 0) -> None:
    r = s.random
    tall = height * 0.3
    s.turned(0, 0, [(0, z), (tall * 0.4, z), (tall * 0.55, z + tall), (tall * 0.5, z + tall), (0, z + tall * 0.9)], pot)
    broad = r.uniform(0.05, 0.11)
    for _ in range(26):
        turn, lean, long = r.uniform(0, 2 * pi), r.uniform(0.2, 1.1), height * r.uniform(0.35, 0.75)
        along = np.linspace(0, 1, 9)
        out = long * lean * along**1.6
        up = z + tall * 0.9 + long * (along - 0.35 * lean * along**2.5)
        wide = broad * height * np.sin(pi * along**0.75) * 0.8 + 0.003
        edges = []
        for side in (-1, 0, 1):
            x, y = out, side * wide
            lift = up + abs(side) * wide * 0.3
            edges.append(np.column_stack([x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn), lift]))
        s.grid(np.array(edges), gloss(r.choice(("#4c7a3c", "#3d6a35", "#5f8c48", "#6f9a50")), 0.3))


def art(s: Scene, x: float, z: float, width: float, height: float, picture: Material, frame: Material) -> None:
    """Hangs on the wall, its middle at (x, z)."""
    s.box(x - width / 2, -0.03, z - height / 2, width, 0.028, height, frame)
    s.quad((x - width / 2 + 0.03, -0.032, z - height / 2 + 0.03), (width - 0.06, 0, 0), (0, 0, height - 0.06), WHITE)
    margin = 0.03 + 0.1 * min(width, height)
    s.quad(
        (x - width / 2 + margin, -0.034, z - height / 2 + margin),
        (width - 2 * margin, 0, 0), (0, 0, height - 2 * margin), picture,
    )  # fmt: skip


def bookshelf(s: Scene, width: float, height: float, wood: Material, full: float = 0.9) -> None:
    r = s.random
    for x in (-width / 2, width / 2 - 0.03):
        s.box(x, -0.32, 0, 0.03, 0.32, height, wood)
    s.box(-width / 2, -0.02, 0, width, 0.02, height, wood)
    shelves = round(height / 0.36)
    colours = ("#7b3f35", "#c9b899", "#2f4858", "#d6a54a", "#4f5d48", "#e5ddcf", "#8a8f94", "#a8573f")
    for number in range(shelves + 1):
        z = 0.04 + number * (height - 0.07) / shelves
        s.box(-width / 2, -0.32, z - 0.03, width, 0.32, 0.03, wood)
        x = -width / 2 + 0.05
        while number < shelves and x < width / 2 - 0.12:
            if r.random() > full:
                if r.random() < 0.6:
                    s.turned(
                        x + 0.1, -0.16, [(0, z), (0.06, z), (0.08, z + 0.1), (0.03, z + 0.2)], gloss(r.choice(colours))
                    )
                x += 0.22
                continue
            thick, tall, deep = r.uniform(0.02, 0.05), r.uniform(0.18, 0.28), r.uniform(0.16, 0.22)
            s.box(x, -deep - 0.03, z, thick, deep, tall, matte(r.choice(colours)))
            x += thick + 0.002


def tv_unit(s: Scene, width: float, wood: Material, front: Material) -> None:
    s.box(-width / 2, -0.4, 0.12, width, 0.4, 0.4, wood)
    for number in range(3):
        s.box(-width / 2 + 0.02 + number * width / 3, -0.415, 0.14, width / 3 - 0.03, 0.016, 0.36, front)
    for x in (-width / 2 + 0.1, width / 2 - 0.14):
        s.box(x, -0.34, 0, 0.04, 0.26, 0.12, wood)
    s.box(-0.62, -0.1, 0.75, 1.24, 0.04, 0.72, BLACK)
    s.quad((-0.6, -0.102, 0.77), (1.2, 0, 0), (0, 0, 0.68), gloss("#15181c", 0.08))


def wardrobe(s: Scene, width: float, height: float, front: Material, handle: Material, doors: int) -> None:
    s.box(-width / 2, -0.58, 0.02, width, 0.58, height, front)
    for number in range(doors):
        x = -width / 2 + number * width / doors
        s.box(x + 0.004, -0.602, 0.08, width / doors - 0.008, 0.02, height - 0.1, front)
        grip = x + (width / doors - 0.05 if number % 2 == 0 else 0.035)
        s.box(grip, -0.63, height * 0.42, 0.015, 0.03, 0.28, handle)


def bed(
    s: Scene, width: float, wood: Material, head: Material, sheet: Material, cover: Material, throw: Material
) -> None:
    r = s.random
    s.soft(-width / 2 - 0.08, -0.1, 0.1, width + 0.16, 0.1, r.uniform(0.9, 1.15), head, 0.04)
    s.box(-width / 2 - 0.04, -2.1, 0.12, width + 0.08, 2.05, 0.2, wood)
    for x in (-width / 2, width / 2 - 0.06):
        s.box(x, -2.05, 0, 0.06, 0.06, 0.12, wood)
    s.soft(-width / 2, -2.08, 0.3, width, 1.98, 0.22, sheet, 0.07)
    s.soft(-width / 2 - 0.05, -2.12, 0.26, width + 0.1, 1.42, 0.33, cover, 0.09)
    s.soft(-width / 2 - 0.06, -0.86, 0.3, width + 0.12, 0.24, 0.31, sheet, 0.08)
    s.soft(-width / 2 - 0.065, -2.0, 0.25, width + 0.13, 0.5, 0.355, throw, 0.09)
    pillows = 2 if width > 1.3 else 1
    for number in range(pillows):
        x = (number - (pillows - 1) / 2) * width / 2
        with s.at(x, -0.3, 0.66, r.uniform(-4, 4), 30), s.at(0, 0, 0, 0, -90):
            s.ball(0, 0, 0, 0.32, sheet, (1.1, 0.72, 0.36), 0.45)
        pillow(s, x * 0.8, -0.52, 0.74, 0.4, throw if number else head, 34, r.uniform(-8, 8))


def nightstand(s: Scene, wood: Material, power: float) -> None:
    s.box(-0.24, -0.4, 0.14, 0.48, 0.4, 0.36, wood)
    for z in (0.16, 0.33):
        s.box(-0.22, -0.415, z, 0.44, 0.016, 0.15, wood)
        s.ball(0, -0.425, z + 0.08, 0.014, BRASS)
    for x in (-0.22, 0.18):
        s.box(x, -0.38, 0, 0.04, 0.34, 0.14, wood)
    with s.at(0, -0.2):
        table_lamp(s, 0.5, power, gloss(s.random.choice(("#e6ddd0", "#5f7378", "#b46d4e"))))


def curtains(s: Scene, width: float, top: float, cloth: Material, both: bool = True) -> None:
    """Hang on a rod at both sides of a window of this width around x = 0."""
    s.bar((-width / 2 - 0.4, -0.1, top), (width / 2 + 0.4, -0.1, top), 0.013, BLACK)
    along, down = np.linspace(0, 1, 97), np.linspace(0, 1, 8)[:, None]
    for side in (-1, 1) if both else (-1,):
        wide = 0.38 + 0.04 * down
        x = side * (width / 2 + 0.33 - wide * along)
        y = -0.1 + (0.035 + 0.012 * down) * np.sin(along * 2 * pi * 6 + 0.5 * np.sin(down * 3))
        s.grid(np.dstack([x + 0 * y, y, top - 0.01 - (top - 0.03) * down + 0 * y]), cloth)


def radiator(s: Scene, width: float) -> None:
    for number in range(round(width / 0.08)):
        s.soft(-width / 2 + number * 0.08, -0.1, 0.14, 0.07, 0.08, 0.5, WHITE, 0.03)


def chair(s: Scene, seat: Material, leg: Material) -> None:
    for x in (-0.19, 0.19):
        s.bar((x, -0.4, 0.44), (x * 1.1, -0.44, 0), 0.017, leg)
        s.bar((x, -0.04, 0.86), (x * 1.1, 0.02, 0), 0.017, leg)
    s.soft(-0.22, -0.44, 0.42, 0.44, 0.42, 0.06, seat, 0.028)
    with s.at(0, -0.02, 0.6, tilt=8):
        s.soft(-0.21, -0.04, 0, 0.42, 0.04, 0.28, seat, 0.018)


def stool(s: Scene, seat: Material, leg: Material) -> None:
    s.cylinder(0, -0.18, 0.64, 0.17, 0.05, seat)
    for x in (-0.11, 0.11):
        for y in (-0.29, -0.07):
            s.bar((x, y, 0.64), (x * 1.5, -0.18 + (y + 0.18) * 1.5, 0), 0.014, leg)
    s.turned(0, -0.18, [(0.15, 0.25), (0.15, 0.27)], leg)


def office_chair(s: Scene, cloth: Material) -> None:
    for number in range(5):
        x, y = 0.28 * cos(number * 1.2566), 0.28 * sin(number * 1.2566)
        s.bar((0, -0.25, 0.12), (x, -0.25 + y, 0.06), 0.018, BLACK)
        s.ball(x, -0.25 + y, 0.03, 0.03, BLACK)
    s.bar((0, -0.25, 0.1), (0, -0.25, 0.45), 0.025, STEEL)
    s.soft(-0.24, -0.5, 0.44, 0.48, 0.48, 0.08, cloth, 0.035)
    with s.at(0, -0.02, 0.56, tilt=8):
        s.soft(-0.22, -0.05, 0, 0.44, 0.06, 0.55, cloth, 0.03)


def desk(s: Scene, width: float, top: Material, leg: Material, screens: int = 1) -> None:
    s.box(-width / 2, -0.7, 0.71, width, 0.7, 0.03, top)
    for x in (-width / 2 + 0.03, width / 2 - 0.08):
        s.box(x, -0.66, 0, 0.05, 0.05, 0.71, leg)
        s.box(x, -0.08, 0, 0.05, 0.05, 0.71, leg)
        s.box(x, -0.62, 0.66, 0.05, 0.56, 0.05, leg)
    for number in range(screens):
        with s.at((number - (screens - 1) / 2) * 0.6, -0.18, 0.74):
            s.box(-0.12, -0.1, 0, 0.24, 0.16, 0.012, BLACK)
            s.box(-0.02, -0.01, 0, 0.04, 0.02, 0.16, BLACK)
            s.box(-0.28, -0.03, 0.12, 0.56, 0.025, 0.33, BLACK)
            shade = s.random.choice(("#5f8fc0", "#86b39a", "#b9c4d0", "#46597a"))
            s.quad((-0.265, -0.032, 0.135), (0.53, 0, 0), (0, 0, 0.3), glow(shade, 0.7))
    s.box(-0.22, -0.56, 0.74, 0.44, 0.14, 0.015, BLACK)
    s.cylinder(width / 2 - 0.2, -0.4, 0.74, 0.04, 0.1, gloss("#e8e2d8"))


# Rooms


@dataclass(frozen=True)
class Look:
    """Colours that go together."""

    wall: str
    accent: str
    cloth: str
    second: str
    wood: str
    floor: str
    front: str


LOOKS = (
    Look("#e9e2d6", "#c9bba4", "#8c8f86", "#c8703f", "#a9794d", "#b98d5f", "#e8e3da"),  # Sand and terracotta
    Look("#e4e7e4", "#7d947f", "#d8cfbf", "#3f5b4a", "#8a6242", "#c4a176", "#6f8570"),  # Sage
    Look("#e6e6e8", "#51677f", "#3f5674", "#d9a441", "#6f4e37", "#a87d55", "#3f5163"),  # Navy and mustard
    Look("#efe6e0", "#d8a99a", "#c98f83", "#7b4a4a", "#c19a6b", "#cdb08a", "#e9d3c8"),  # Blush
    Look("#dcd8d2", "#4a4a4c", "#5b5b5e", "#b0522f", "#5a3d2b", "#8b6548", "#2f3134"),  # Loft grey
    Look("#eef0ee", "#a9c3cc", "#e7e4dd", "#4f8a94", "#d2b48c", "#d8c3a0", "#f1f1ee"),  # Nordic
    Look("#efe8d2", "#d9b75f", "#6b8f8b", "#d9a23c", "#94683f", "#ad8054", "#d8c48a"),  # Ochre and teal
    Look("#e3dcd6", "#6e4a57", "#7a4f63", "#c6a15b", "#4f3629", "#7d5a40", "#5c3f4b"),  # Plum
    Look("#f0ece4", "#b8c4a0", "#a35c3b", "#5d7048", "#b5854f", "#c9a06b", "#a9b58c"),  # Olive and rust
)


@dataclass(frozen=True)
class Window:
    """A window in a wall: ``middle`` is x in the back wall, y in a side wall."""

    side: str
    middle: float
    width: float = 1.7
    sill: float = 0.85
    top: float = 2.3
    panes: int = 2
    sun: bool = False
    curtains: Material | None = None
    radiator: bool = True


class Room:
    """A room from x = 0 to ``width``. The camera looks along y to the back wall; the front wall is its soft light."""

    def __init__(
        self, random: Random, look: Look, width: float, depth: float, height: float, floor: Material,
        windows: Sequence[Window], accent: bool = False, mirror: bool = False, power: float = 14, warm: float = 0.3,
        walls: Material | None = None, fill: float = 0.09, dado: Material | None = None,
    ) -> None:  # fmt: skip
        self.random, self.look, self.width, self.depth, self.height = random, look, width, depth, height
        self.power, self.warm = power, warm
        self.scene = s = Scene(random, width if mirror else None)
        self.wood = planks(random, look.wood, 1, contrast=1.6)
        self.front = gloss(look.front, 0.25)
        paint = walls or matte(look.wall)
        s.quad((0, -1.2, 0), (width, 0, 0), (0, depth + 1.2, 0), floor, fit=False)
        s.quad((0, depth, height), (width, 0, 0), (0, -depth - 1.2, 0), WHITE)
        s.quad((width, -1.2, 0), (-width, 0, 0), (0, 0, height), glow("#fff1de", power * fill))
        for side, long in (("back", width), ("left", depth + 1.2), ("right", depth + 1.2)):
            material = matte(look.accent) if accent and side == "back" else paint
            with self.along(side):
                self._wall(long, [w for w in windows if w.side == side], material, side)
                if not walls:
                    s.box(0, -0.015, 0, long, 0.015, 0.08, WHITE)
                if dado:
                    s.box(0, -0.012, 0, long, 0.012, 1.1, dado)

    def along(self, side: str) -> Any:
        """Moves to the left end of a wall, seen from within; x runs along it and y behind it."""
        place = {"back": (0, self.depth, 0), "left": (0, -1.2, 90), "right": (self.width, self.depth, -90)}[side]
        return self.scene.at(place[0], place[1], turn=place[2])

    @contextmanager
    def by(self, side: str, where: float, gap: float = 0.03, z: float = 0) -> Iterator[Scene]:
        """Moves to a wall, at x in the back wall or y in a side wall."""
        x = {"back": where, "left": where + 1.2, "right": self.depth - where}[side]
        with self.along(side), self.scene.at(x, -gap, z):
            yield self.scene

    def _wall(self, long: float, windows: Sequence[Window], material: Material, side: str) -> None:
        s, left = self.scene, 0.0
        for window in windows:
            middle = {"back": window.middle, "left": window.middle + 1.2, "right": self.depth - window.middle}[side]
            start, end = middle - window.width / 2, middle + window.width / 2
            s.box(left, 0, 0, start - left, 0.25, self.height, material)
            s.box(start, 0, 0, window.width, 0.25, window.sill, material)
            s.box(start, 0, window.top, window.width, 0.25, self.height - window.top, material)
            with s.at(middle, 0):
                self._window(window)
            left = end
        s.box(left, 0, 0, long - left, 0.25, self.height, material)

    def _window(self, window: Window) -> None:
        s, w, high = self.scene, window.width, window.top - window.sill
        outside = view(self.random, self.power, self.warm)
        s.quad((-w / 2, 0.24, window.sill), (w, 0, 0), (0, 0, high), outside)
        for x in np.linspace(-w / 2, w / 2 - 0.06, window.panes + 1):
            s.box(x, 0.13, window.sill, 0.06, 0.06, high, WHITE)
        for z in (window.sill, window.top - 0.06):
            s.box(-w / 2, 0.13, z, w, 0.06, 0.06, WHITE)
        if window.sill > 0.2:
            s.box(-w / 2 - 0.06, -0.1, window.sill - 0.03, w + 0.12, 0.3, 0.03, WHITE)
        if window.radiator and window.sill > 0.7:
            with s.at(0, -0.01):
                radiator(s, w * 0.6)
        if window.curtains:
            curtains(s, w, min(self.height - 0.08, window.top + 0.2), window.curtains)
        if window.sun:
            self._sun(window)

    def _sun(self, window: Window) -> None:
        """Sunlight on the floor, in the window's pattern."""
        across, up = np.meshgrid(np.linspace(0, 1, 128), np.linspace(0, 1, 128))
        pane = np.abs((across * window.panes) % 1 - 0.5) < 0.44
        light = (pane & (np.abs(up - 0.5) < 0.46)).astype(float)
        picture = Image.fromarray((light * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
        colour = np.asarray(picture)[..., None] / 255 * np.array([1, 0.82, 0.58])
        s = self.scene
        aim = self.random.uniform(-0.7, 0.7)
        start, end = s.point((0, -0.06, window.top - 0.02)), s.point((aim, -2.0, 0))
        s.lights[f"sun{len(s.lights)}"] = {
            "type": "projector", "irradiance": _texture(colour), "scale": self.power * 3.2, "fov": 38,
            "to_world": mi.ScalarTransform4f().look_at(start, end, [0, 0, 1]),
        }  # fmt: skip

    def door(self, side: str, where: float, paint: Material) -> None:
        with self.by(side, where, 0) as s:
            for x in (-0.52, 0.45):
                s.box(x, -0.03, 0, 0.07, 0.03, 2.1, WHITE)
            s.box(-0.52, -0.03, 2.08, 1.04, 0.03, 0.07, WHITE)
            s.box(-0.45, -0.02, 0.01, 0.9, 0.02, 2.07, paint)
            for z, high in ((0.2, 0.7), (1.05, 0.85)):
                s.box(-0.32, -0.026, z, 0.64, 0.008, high, paint)
            s.bar((-0.37, -0.06, 1.0), (-0.25, -0.06, 1.0), 0.011, STEEL)

    def spots(self, rows: int, columns: int, power: float, size: float = 0.12) -> None:
        """Flat lamps in the ceiling."""
        for row in range(rows):
            for column in range(columns):
                x, y = self.width * (column + 0.5) / columns, self.depth * (row + 0.6) / rows
                self.scene.quad(
                    (x - size / 2, y + size / 2, self.height - 0.004),
                    (size, 0, 0),
                    (0, -size, 0),
                    glow("#fff0da", power),
                )


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from. It looks level, so that walls stay upright."""

    origin: Point
    target: Point
    angle: float = 68
    exposure: float = 0.46


Drawn = tuple[Scene, Camera]


def living(r: Random, number: int) -> Drawn:
    look = LOOKS[number % len(LOOKS)]
    width, depth = r.uniform(4.4, 5.2), r.uniform(4.0, 4.8)
    layout = number % 4
    cloth, second = matte(look.cloth), matte(look.second)
    hung = matte(r.choice((look.second, look.accent, "#e6dfd2")))
    windows = [
        [Window("left", 2.3, 2.0, 0.75, 2.35, 3, True, hung)],
        [Window("back", width * 0.5, 2.4, 0.3, 2.4, 3, False, hung)],
        [Window("right", 2.4, 2.4, 0.1, 2.4, 2, True, hung)],
        [Window("back", width * 0.72, 1.6, 0.8, 2.3, 2, False, hung), Window("left", 1.4, 1.5, 0.8, 2.3, 2, True)],
    ][layout]
    floor = planks(r, look.floor, r.choice((12, 16, 20)))
    room = Room(
        r, look, width, depth, r.uniform(2.6, 2.9), floor, windows, number % 3 != 1, number % 2 == 1, warm=r.random()
    )
    s, wood = room.scene, room.wood
    pattern = rug_pattern(r, ("#d9cfbd", look.second, look.accent))
    cushions = [second, matte("#e8dfd0"), matte(look.accent)]
    colours = [look.second, look.accent, look.cloth, "#efe6d6", "#2e3436"]
    round_ = r.random() < 0.5
    pot = gloss(r.choice(("#e7e0d5", "#b5694a", "#4d5358")), 0.3)
    if layout in (0, 2):
        middle = width * (0.56 if layout == 0 else 0.44)
        with room.by("back", middle, 0.12):
            sofa(s, r.uniform(2.1, 2.5), cloth, wood, cushions)
        with room.by("back", middle, 0):
            if layout == 0:
                art(s, 0, 1.62, 1.3, 0.8, painting(r, colours), wood)
            else:
                for x in (-0.72, 0, 0.72):
                    art(s, x, 1.62, 0.56, 0.76, painting(r, colours), BLACK)
        with s.at(middle, depth - 2.1):
            rug(s, 2.8, 1.9, pattern)
        with s.at(middle, depth - 1.75):
            low_table(s, 1.1, 0.62, 0.4, wood, BLACK, round_)
        with s.at(middle, depth - 2.05):
            things(s, 0.4)
        edge = width - 0.42 if layout == 0 else 0.42
        with s.at(edge, depth - 0.42):
            plant(s, r.uniform(1.2, 1.6), pot)
        side = "right" if layout == 0 else "left"
        with room.by(side, depth - 2.4, 0.06):
            if number % 8 < 4:
                bookshelf(s, 1.3, 1.9, wood)
            else:
                tv_unit(s, 1.7, wood, room.front)
        with s.at(middle - 1.6 if layout == 0 else middle + 1.6, depth - 0.4):
            floor_lamp(s, 16)
    elif layout == 1:
        with room.by("right", depth - 1.9, 0.12):
            sofa(s, 2.3, cloth, wood, cushions)
        with room.by("right", depth - 1.9, 0):
            art(s, 0, 1.6, 1.2, 0.85, painting(r, colours), wood)
        with room.by("left", depth - 1.9, 0.04):
            tv_unit(s, 1.9, wood, room.front)
        with s.at(width / 2 + 0.1, depth - 1.9):
            rug(s, 2.1, 2.7, pattern)
        with s.at(width / 2 + 0.15, depth - 1.55):
            low_table(s, 0.7, 0.7, 0.4, wood, wood, round_)
        with s.at(width / 2 + 0.15, depth - 1.9):
            things(s, 0.4)
        with s.at(0.4, depth - 0.4):
            plant(s, 1.4, pot)
        with s.at(width - 0.35, depth - 0.4):
            floor_lamp(s, 16)
    else:
        with room.by("right", depth - 2.1, 0.1):
            sofa(s, 2.4, cloth, wood, cushions)
        with room.by("back", width * 0.26, 0.03):
            bookshelf(s, 1.7, 2.1, wood, 0.8)
        with s.at(width * 0.5, depth - 2.1):
            rug(s, 2.4, 2.2, pattern)
        with s.at(width * 0.56, depth - 1.8):
            low_table(s, 0.8, 0.6, 0.4, wood, BLACK, round_)
        with s.at(width * 0.56, depth - 2.1):
            things(s, 0.4)
        with s.at(0.8, depth - 2.2, turn=70):
            sofa(s, 0.9, second, wood, [cloth])
        with s.at(width - 0.4, depth - 0.4):
            plant(s, 1.3, pot)
    with s.at(width * 0.52, depth - 2.0):
        pendant(s, room.height, room.height - 0.55, number % 3, 9, matte(look.second))
    aside = (0.35, 0.5, 0.62, 0.4)[layout]
    origin = (width * aside, -0.95, r.uniform(1.2, 1.45))
    return s, Camera(origin, (width * (0.52 - (aside - 0.5) * 0.3), depth, origin[2] - 0.12), r.uniform(62, 70))


def bedroom(r: Random, number: int) -> Drawn:
    look = LOOKS[(number * 2 + 5) % len(LOOKS)]
    width, depth = r.uniform(3.8, 4.6), r.uniform(3.8, 4.4)
    layout = number % 3
    hung = matte(r.choice((look.accent, "#ece5d8", look.second)))
    windows = [
        [Window("left", 2.2, 1.8, 0.8, 2.3, 2, True, hung)],
        [Window("back", width * 0.3, 1.6, 0.8, 2.3, 2, False, hung)],
        [Window("right", 1.9, 2.0, 0.4, 2.35, 3, True, hung)],
    ][layout]
    floor = planks(r, look.floor, r.choice((12, 16)))
    room = Room(
        r,
        look,
        width,
        depth,
        r.uniform(2.55, 2.8),
        floor,
        windows,
        layout != 1,
        number % 2 == 0,
        warm=0.3 + 0.5 * r.random(),
    )
    s, wood = room.scene, room.wood
    head, cover = matte(look.cloth), matte(r.choice(("#efe9de", look.wall, look.accent)))
    throw, sheet = matte(look.second), matte("#f2efe9")
    colours = [look.second, look.accent, look.cloth, "#efe6d6", "#33393b"]
    pattern = rug_pattern(r, ("#dcd2c0", look.accent, look.second))
    wide = r.choice((1.6, 1.8))
    side, where = ("right", depth - 1.6) if layout == 1 else ("back", width * (0.55, 0, 0.46)[layout])
    with room.by(side, where, 0.02):
        bed(s, wide, wood, head, sheet, cover, throw)
        for x in (-wide / 2 - 0.42, wide / 2 + 0.42):
            with s.at(x, 0):
                nightstand(s, wood, 12)
        with s.at(0, -1.75):
            rug(s, wide + 1.3, 1.9, pattern)
    with room.by(side, where, 0):
        if number % 2:
            for x in (-0.4, 0.4):
                art(s, x, 1.7, 0.6, 0.75, painting(r, colours), wood)
        else:
            art(s, 0, 1.72, 1.25, 0.7, painting(r, colours), BLACK)
    if layout == 0:
        with room.by("right", depth - 2.1, 0.02):
            wardrobe(s, 1.8, 2.25, room.front, BRASS, 4)
        with s.at(0.4, depth - 0.4):
            plant(s, 1.2, gloss("#c9c2b6", 0.3))
    elif layout == 1:
        with room.by("left", depth - 2.3, 0.02):
            low_table(s, 1.2, 0.45, 0.76, wood, BLACK, False)
        with room.by("left", depth - 2.3, 0):
            art(s, 0, 1.5, 0.7, 0.9, Material(linear("#a3abae"), "mirror"), BRASS)
        with s.at(0.3, depth - 2.3, 0, 90):
            things(s, 0.76)
        with s.at(width * 0.3, depth - 0.45):
            plant(s, 0.9, gloss(look.second, 0.3))
    else:
        with room.by("left", depth - 1.9, 0.02):
            if number % 2:
                wardrobe(s, 2.2, 2.3, room.front, BLACK, 4)
            else:
                bookshelf(s, 1.2, 1.8, wood, 0.7)
        with s.at(width - 0.75, depth - 2.5, turn=-70):
            sofa(s, 0.85, throw, wood, [cover])
    with s.at(width / 2, depth / 2):
        pendant(s, room.height, room.height - 0.5, (number + 1) % 3, 7, matte(look.accent))
    aside = (0.4, 0.32, 0.62)[layout]
    origin = (width * aside, -0.95, r.uniform(1.3, 1.5))
    return s, Camera(origin, (width * (0.55 - (aside - 0.5) * 0.3), depth, origin[2] - 0.3), r.uniform(60, 66))


def counters(
    s: Scene, width: float, front: Material, top: Material, handle: Material, oven: int = -1, drawers: int = -1
) -> None:
    """Kitchen base units from x = 0, with an oven and drawers at these places."""
    units = max(1, round(width / 0.6))
    step = width / units
    s.box(0, -0.56, 0, width, 0.56, 0.1, BLACK)
    s.box(0, -0.58, 0.1, width, 0.58, 0.77, front)
    s.box(-0.01, -0.63, 0.87, width + 0.02, 0.63, 0.035, top)
    for number in range(units):
        x = number * step
        if number == oven:
            s.box(x + 0.004, -0.604, 0.12, step - 0.008, 0.02, 0.74, gloss("#232426", 0.1))
            s.bar((x + 0.06, -0.64, 0.7), (x + step - 0.06, -0.64, 0.7), 0.011, STEEL)
            s.box(x + 0.02, -0.52, 0.905, step - 0.04, 0.46, 0.006, gloss("#101012", 0.08))
            continue
        rows = 3 if number == drawers else 1
        for row in range(rows):
            high = 0.74 / rows
            s.box(x + 0.004, -0.602, 0.12 + row * high, step - 0.008, 0.02, high - 0.008, front)
            z = 0.12 + (row + 1) * high - 0.07
            s.bar((x + 0.14, -0.62, z), (x + step - 0.14, -0.62, z), 0.008, handle)


def wall_units(s: Scene, width: float, front: Material, handle: Material) -> None:
    units = max(1, round(width / 0.5))
    s.box(0, -0.34, 1.5, width, 0.34, 0.72, front)
    for number in range(units):
        x = number * width / units
        s.box(x + 0.003, -0.36, 1.5, width / units - 0.006, 0.02, 0.72, front)
        grip = x + (width / units - 0.05 if number % 2 == 0 else 0.04)
        s.box(grip, -0.375, 1.53, 0.012, 0.016, 0.14, handle)


def sink(s: Scene) -> None:
    """Sits in a worktop around x = 0."""
    s.box(-0.26, -0.5, 0.9, 0.52, 0.38, 0.008, STEEL)
    s.box(-0.23, -0.47, 0.9, 0.46, 0.32, 0.0085, metal("#7c7f82", 0.3))
    s.bar((0, -0.08, 0.9), (0, -0.08, 1.2), 0.014, STEEL)
    s.bar((0, -0.08, 1.2), (0, -0.28, 1.2), 0.012, STEEL)
    s.bar((0, -0.28, 1.2), (0, -0.28, 1.13), 0.012, STEEL)


def crockery(s: Scene, z: float, width: float) -> None:
    """Bottles, jars and boards in a row from x = 0."""
    r, x = s.random, 0.08
    while x < width:
        clay = gloss(r.choice(("#e9e3d8", "#b56a48", "#55707a", "#d5a949", "#6f7f5b")), 0.2)
        tall, fat = r.uniform(0.08, 0.26), r.uniform(0.035, 0.06)
        s.turned(
            x,
            -0.16,
            [
                (0, z),
                (fat, z),
                (fat, z + tall * 0.7),
                (fat * 0.5, z + tall * 0.85),
                (fat * 0.5, z + tall),
                (0, z + tall),
            ],
            clay,
        )
        x += fat * 2 + r.uniform(0.02, 0.14)


def fridge(s: Scene, paint: Material) -> None:
    s.soft(-0.3, -0.62, 0.03, 0.6, 0.6, 1.95, paint, 0.02)
    s.box(-0.3, -0.625, 0.72, 0.6, 0.01, 0.012, BLACK)
    for z in (0.42, 0.95):
        s.bar((-0.24, -0.655, z), (-0.24, -0.655, z + 0.32), 0.012, STEEL)


def kitchen(r: Random, number: int) -> Drawn:
    look = LOOKS[(1, 5, 2, 6, 4, 8)[number % 6]]
    width, depth = r.uniform(3.8, 4.6), r.uniform(3.4, 4.0)
    layout = number % 3
    shade = r.choice(("#f3f1ec", "#dfe7e4", "#f0e2cc", "#cddadb"))
    splash = tiles(r, shade, "#b9b4aa", r.choice((0.1, 0.15)), r.choice((1, 2)))
    floor = (
        planks(r, look.floor, 14) if number % 2 else tiles(r, "#d8d0c4", "#a59d92", 0.45, 1, r.choice(("", "#8f8a84")))
    )
    windows = [
        [Window("left", 1.6, 1.6, 0.9, 2.2, 2, True)],
        [Window("back", width * 0.5, 1.4, 1.15, 2.2, 2, False, None, False)],
        [Window("right", 1.7, 1.8, 0.3, 2.3, 2, True, matte("#e9e2d4"))],
    ][layout]
    room = Room(r, look, width, depth, 2.7, floor, windows, False, number % 2 == 1, warm=0.4 * r.random() + 0.2)
    s, wood, front = room.scene, room.wood, room.front
    top = r.choice((wood, gloss("#e7e4de", 0.15), gloss("#3a3b3d", 0.15)))
    handle = r.choice((STEEL, BRASS, BLACK))
    upper = front if number % 2 == 0 else gloss("#f2f0ec", 0.25)
    long = width - 0.72
    with room.along("back"):
        wide = width
        if layout == 1:
            s.box(0.0, -0.012, 0.9, wide, 0.012, 0.25, splash)
        else:
            s.box(0.0, -0.012, 0.9, wide, 0.012, 0.62, splash)
        counters(s, long, front, top, handle, 1 if layout == 2 else 3, 2)
        with s.at(long + 0.36, -0.02):
            fridge(s, r.choice((STEEL, gloss("#ece9e3"), gloss(look.second, 0.2))))
        with s.at(long * (0.5 if layout == 1 else 0.75 if layout == 2 else 0.25), 0):
            sink(s)
        if layout == 0:
            wall_units(s, long * 0.42, upper, handle)
            with s.at(long * 0.6, 0):
                s.box(-0.3, -0.48, 1.62, 0.6, 0.46, 0.06, STEEL)
                s.box(-0.13, -0.28, 1.66, 0.26, 0.26, 1.04, STEEL)
            for z in (1.5, 1.85):
                s.box(long * 0.78, -0.26, z, long * 0.26, 0.26, 0.03, wood)
                with s.at(long * 0.78, 0.02):
                    crockery(s, z + 0.03, long * 0.2)
        elif layout == 1:
            for x in (0.0, width * 0.5 + 0.86):
                wall_units_width = width * 0.5 - 0.86 if x == 0 else long - x
                with s.at(x, 0):
                    wall_units(s, max(0.5, wall_units_width), upper, handle)
            with s.at(width * 0.5 + 0.35, -0.1):
                plant(s, 0.4, gloss("#c67a52", 0.3), 0.905)
        else:
            wall_units(s, long, upper, handle)
        with s.at(long * 0.05, -0.1):
            crockery(s, 0.905, 0.6)
        with s.at(long * 0.82, -0.06):
            crockery(s, 0.905, 0.35)
    legs = r.choice((wood, BLACK))
    seat = matte(r.choice((look.second, look.cloth)))
    if layout == 1:
        with s.at(width / 2, depth - 1.75):
            s.box(-0.9, -0.35, 0, 1.8, 0.7, 0.88, front)
            s.box(-1.0, -0.5, 0.88, 2.0, 0.9, 0.04, top)
            for x in (-0.6, 0, 0.6):
                with s.at(x, -0.42):
                    stool(s, seat, legs)
                with s.at(x, 0):
                    pendant(s, 2.7, 1.8, 1, 9, matte(look.second))
            with s.at(0.3, 0.05):
                s.turned(0, 0, [(0, 0.92), (0.09, 0.92), (0.16, 1.0), (0.15, 1.0), (0.05, 0.94)], gloss("#e7dfd2"))
                for _ in range(6):
                    s.ball(
                        r.uniform(-0.07, 0.07),
                        r.uniform(-0.07, 0.07),
                        1.0,
                        0.04,
                        gloss(r.choice(("#d8823a", "#b8402e", "#9fb04a"))),
                    )
    else:
        with s.at(width * 0.5, depth - 1.75):
            low_table(s, 1.4, 0.8, 0.75, wood, legs, layout == 2)
            for x, y, turn in ((-0.36, 0.32, 0), (0.36, 0.32, 0), (-1.0, -0.4, 90), (1.0, -0.4, -90)):
                with s.at(x, y, turn=turn):
                    chair(s, seat, legs)
            with s.at(0, -0.4):
                things(s, 0.75)
                pendant(s, 2.7, 2.05, number % 2 * 2, 8, matte(look.second))
    room.spots(2, 3, 25, 0.1)
    aside = (0.6, 0.42, 0.35)[layout]
    origin = (width * aside, -1.0, 1.45)
    return s, Camera(origin, (width * (0.5 - (aside - 0.5) * 0.4), depth, 1.22), r.uniform(62, 68))


def bathroom(r: Random, number: int) -> Drawn:
    shade, floor_shade, look = (
        ("#e9eeee", "#6d7f86", LOOKS[5]), ("#dfe8df", "#c9c2b4", LOOKS[1]),
        ("#efe3d8", "#8b6548", LOOKS[3]), ("#f2f1ee", "#3d4248", LOOKS[2]),
    )[number % 4]  # fmt: skip
    width, depth = r.uniform(2.8, 3.3), r.uniform(2.7, 3.1)
    walls = tiles(r, shade, "#bfbdb8", (0.2, 0.12, 0.3, 0.15)[number % 4], (1, 2, 1, 2)[number % 4])
    floor = tiles(r, floor_shade, "#d5d0c8", 0.3, 1, ("", "#efece6", "", "#f2f0ec")[number % 4])
    windows = [
        Window(
            "left" if number % 2 else "back",
            (1.0 if number % 2 else width * 0.76),
            0.9,
            1.25,
            2.2,
            1,
            False,
            None,
            False,
        )
    ]
    room = Room(r, look, width, depth, 2.6, floor, windows, False, number in (1, 2), walls=walls, warm=0.4, fill=0.14)
    s, china = room.scene, gloss("#f5f4f1", 0.08)
    feature = tiles(r, look.accent, "#d9d6cf", 0.12, 2)
    side = depth - 0.95
    if number % 2 == 0:
        with room.by("right", side, 0.0):  # A bath along the right wall.
            for box in (
                (-0.9, -0.78, 1.8, 0.08),
                (-0.9, -0.08, 1.8, 0.08),
                (-0.9, -0.7, 0.1, 0.62),
                (0.8, -0.7, 0.1, 0.62),
            ):
                s.soft(box[0], box[1], 0, box[2], box[3], 0.58, china, 0.03)
            s.box(-0.82, -0.7, 0, 1.64, 0.64, 0.2, china)
            s.box(-0.9, -0.014, 0.58, 1.8, 0.014, 1.5, feature)
            s.bar((0.5, -0.02, 0.85), (0.5, -0.2, 0.85), 0.016, STEEL)
            s.soft(-0.5, -0.84, 0.3, 0.4, 0.07, 0.29, matte(look.second), 0.03)
    else:
        with room.by("right", side, 0.0):  # A shower behind glass.
            s.box(-0.9, -0.95, 0, 1.8, 0.95, 0.06, china)
            s.box(-0.9, -0.014, 0.06, 1.8, 0.014, 2.2, feature)
            s.box(-0.9, -0.95, 0.06, 1.1, 0.01, 1.95, Material(linear("#ffffff"), "glass"))
            for x in (-0.9, 0.2):
                s.box(x, -0.96, 0.06, 0.025, 0.03, 1.97, BLACK)
            s.box(-0.9, -0.96, 2.02, 1.125, 0.03, 0.025, BLACK)
            s.bar((0.3, -0.05, 1.0), (0.3, -0.05, 2.15), 0.012, STEEL)
            s.bar((0.3, -0.05, 2.15), (0.3, -0.4, 2.15), 0.012, STEEL)
            s.cylinder(0.3, -0.4, 2.1, 0.12, 0.02, STEEL)
    middle = width * 0.34
    with room.by("back", middle, 0.0):
        s.box(-0.5, -0.48, 0.3, 1.0, 0.48, 0.5, room.wood if number % 2 == 0 else room.front)
        for x in (-0.49, 0.005):
            s.box(x, -0.495, 0.32, 0.485, 0.016, 0.46, room.wood if number % 2 == 0 else room.front)
            s.bar((x + 0.14, -0.51, 0.72), (x + 0.34, -0.51, 0.72), 0.008, BRASS)
        s.soft(-0.52, -0.5, 0.8, 1.04, 0.5, 0.04, china, 0.015)
        s.turned(0, -0.25, [(0.1, 0.84), (0.2, 0.9), (0.21, 0.95), (0.19, 0.95), (0.1, 0.87), (0, 0.86)], china)
        s.bar((0, -0.05, 0.84), (0, -0.05, 1.08), 0.014, STEEL)
        s.bar((0, -0.05, 1.08), (0, -0.2, 1.06), 0.012, STEEL)
        with s.at(0.3, -0.1):
            crockery(s, 0.84, 0.14)
        reflection = Material(linear("#8f989c"), "mirror")
        if number % 2 == 0:
            with s.at(0, -0.02, 1.6, 0, -90):
                s.cylinder(0, 0, -0.015, 0.42, 0.02, BRASS)
                s.cylinder(0, 0, 0.005, 0.4, 0.004, reflection)
        else:
            s.box(-0.47, -0.03, 1.17, 0.94, 0.03, 0.86, BLACK)
            s.box(-0.45, -0.034, 1.19, 0.9, 0.008, 0.82, reflection)
        for x in (-0.62, 0.62):
            s.ball(x, -0.1, 1.7, 0.07, glow("#ffe8c8", 14))
            s.bar((x, 0, 1.7), (x, -0.1, 1.7), 0.012, BRASS)
    with room.by("left", depth - 1.3, 0.02):
        s.soft(-0.19, -0.18, 0.42, 0.38, 0.18, 0.4, china, 0.04)
        s.turned(0, -0.42, [(0.12, 0), (0.13, 0.2), (0.2, 0.38), (0.2, 0.42), (0, 0.43)], china)
        s.soft(-0.19, -0.4, 0.1, 0.38, 0.4, 0.31, china, 0.08)
    with s.at(width * 0.45, depth - 1.2):
        rug(s, 0.95, 0.6, matte(look.second))
    with room.by("left", 0.55, 0.0):
        s.bar((-0.3, -0.07, 1.5), (0.3, -0.07, 1.5), 0.01, STEEL)
        s.soft(-0.22, -0.1, 0.9, 0.44, 0.06, 0.62, matte(look.second), 0.03)
    with s.at(width * 0.72, depth - 0.25):
        plant(s, 0.75, gloss("#c8bfae", 0.3))
    room.spots(2, 2, 40, 0.12)
    aside = 0.36 if number % 2 == 0 else 0.3
    return s, Camera((width * aside, -1.0, 1.45), (width * 0.56, depth, 1.15), r.uniform(62, 68))


def small_room(r: Random, number: int) -> Drawn:
    look = LOOKS[(0, 5, 3, 8)[number % 4]]
    width, depth = r.uniform(2.7, 3.1), r.uniform(3.2, 3.7)
    hung = matte((look.second, look.accent, "#e8ddd2", look.second)[number % 4])
    window = Window("back", width * (0.5, 0.62, 0.4, 0.55)[number % 4], 1.3, 0.9, 2.25, 2, False, hung)
    room = Room(
        r,
        look,
        width,
        depth,
        2.6,
        planks(r, look.floor, 14),
        [window],
        number % 2 == 0,
        number % 2 == 1,
        fill=0.16,
        warm=0.5,
    )
    s, wood = room.scene, room.wood
    colours = [look.second, look.accent, look.cloth, "#efe6d6", "#33393b"]
    with s.at(0.56, depth - 0.05):
        bed(s, 0.9, wood, matte(look.cloth), matte("#f1ede6"), matte(look.accent), matte(look.second))
    with room.by("left", depth - 1.1, 0):
        if number % 2:
            for z in (1.35, 1.7):
                s.box(-0.5, -0.22, z, 1.0, 0.22, 0.025, wood)
                with s.at(-0.5, 0.05):
                    crockery(s, z + 0.025, 0.8)
        else:
            art(s, 0, 1.6, 0.9, 0.65, painting(r, colours), BLACK)
    with room.by("right", depth - 0.9, 0.02):
        desk(s, 1.15, wood, (BLACK, WHITE)[number % 2])
        with s.at(0.1, -0.62, turn=180 + r.uniform(-25, 25)):
            office_chair(s, matte(look.second)) if number % 2 == 0 else chair(s, matte(look.second), wood)
        with s.at(-0.42, -0.3):
            table_lamp(s, 0.74, 12, BRASS)
    with room.by("right", depth - 2.35, 0.02):
        if number % 2 == 0:
            bookshelf(s, 0.9, 1.9, wood, 0.75)
        else:
            wardrobe(s, 1.1, 2.1, room.front, BLACK, 2)
    with s.at(width * 0.52, depth - 1.7):
        rug(s, 1.2, 1.7, rug_pattern(r, ("#ddd3c2", look.second, look.accent)))
    with s.at(width * 0.5, depth - 0.35):
        plant(s, 0.8, gloss("#c5754f", 0.3))
    with s.at(width / 2, depth / 2):
        pendant(s, 2.6, 2.15, number % 3, 8, matte(look.accent))
    return s, Camera((width * 0.5, -1.0, 1.4), (width * 0.5, depth, 1.12), r.uniform(58, 64))


def office(r: Random, number: int) -> Drawn:
    look = LOOKS[(5, 4, 8, 2, 1)[number % 5]]
    width, depth = r.uniform(6.0, 6.8), r.uniform(6.0, 6.8)
    windows = [
        [Window("left", y, 1.8, 0.5, 2.6, 2, y > 3, None, False) for y in (1.0, 3.2, 5.4)],
        [Window("back", width * 0.5, width * 0.8, 0.4, 2.6, 6, False, None, False)],
        [Window("right", 3.2, 2.8, 0.2, 2.7, 3, True, None, False)],
        [Window("back", width * 0.5, width * 0.6, 0.6, 2.6, 4, False, None, False)],
        [Window("left", 2.6, 3.6, 0.1, 2.8, 4, True, None, False)],
    ][number % 5]
    windows.sort(key=lambda window: window.middle if window.side != "right" else -window.middle)
    floor = (
        speckled(r, "#8c9196", 0.08, 2, 120), gloss("#b9b5ae", 0.15), planks(r, look.floor, 18),
        planks(r, look.floor, 18), tiles(r, "#d9d4cb", "#b5afa5", 0.6),
    )[number % 5]  # fmt: skip
    room = Room(
        r, look, width, depth, 3.0, floor, windows, number % 5 in (0, 2, 4), number % 2 == 1, fill=0.12, warm=0.4
    )
    s, wood = room.scene, room.wood
    colours = [look.second, look.accent, look.cloth, "#efe6d6", "#33393b"]
    if number % 5 in (0, 1):  # Desks in rows.
        for row in range(2):
            for column in range(2 + number % 5):
                with s.at(width * (column + 0.75) / (2.5 + number % 5), depth - 1.1 - row * 2.3, turn=0):
                    desk(
                        s,
                        1.5,
                        wood if number % 5 else gloss("#efece6", 0.2),
                        BLACK if number % 5 else WHITE,
                        1 + number % 2,
                    )
                    with s.at(r.uniform(-0.2, 0.2), -1.2, turn=180 + r.uniform(-30, 30)):
                        office_chair(s, matte(look.second if number % 5 == 0 else "#33373b"))
        with room.by("right", depth - 1.2, 0.02):
            bookshelf(s, 1.6, 1.8, WHITE if number % 5 == 0 else wood, 0.7)
        room.spots(3, 3, 9, 0.5)
    elif number % 5 == 2:  # A shop with shelves and a counter.
        with room.by("back", width * 0.5, 0.02):
            for x in (-1.9, 0, 1.9):
                with s.at(x, 0):
                    bookshelf(s, 1.7, 2.3, wood, 0.55)
        with room.by("left", depth - 3.0, 0.02):
            bookshelf(s, 2.6, 2.0, wood, 0.45)
        with s.at(width * 0.62, depth - 2.4):
            s.box(-1.2, -0.6, 0, 2.4, 0.6, 0.95, room.front)
            s.box(-1.25, -0.65, 0.95, 2.5, 0.7, 0.05, wood)
            with s.at(-0.9, -0.1):
                crockery(s, 1.0, 0.7)
            s.box(0.5, -0.4, 1.0, 0.35, 0.25, 0.22, BLACK)
            for x in (-0.8, 0, 0.8):
                with s.at(x, -0.3):
                    pendant(s, 3.0, 2.1, 1, 14, matte(look.second))
        with s.at(width * 0.3, depth - 3.6):
            low_table(s, 1.2, 1.2, 0.7, wood, BLACK, True)
        with s.at(width * 0.3, depth - 4.2):
            things(s, 0.7)
        room.spots(3, 4, 20, 0.14)
    elif number % 5 == 3:  # A meeting room.
        with s.at(width / 2, depth - 1.4):
            low_table(s, 1.5, 3.2, 0.75, wood, BLACK, False)
            for y in (-0.6, -1.6, -2.6):
                for x, turn in ((-1.15, 90), (1.15, -90)):
                    with s.at(x, y, turn=turn + r.uniform(-12, 12)):
                        office_chair(s, matte(look.second if turn > 0 else look.cloth))
            for y in (-0.8, -2.2):
                with s.at(0, y):
                    pendant(s, 3.0, 1.95, 2, 7, WHITE)
            with s.at(0, -1.4):
                things(s, 0.75)
        with room.by("left", depth - 2.6, 0):
            art(s, 0, 1.6, 1.9, 1.2, painting(r, colours), BLACK)
        with room.by("right", depth - 2.6, 0.02):
            tv_unit(s, 2.0, wood, room.front)
        for x in (0.45, width - 0.45):
            with s.at(x, depth - 0.45):
                plant(s, 1.5, gloss("#50565a", 0.3))
        room.spots(2, 3, 12, 0.3)
    else:  # A café.
        with room.by("back", width * 0.55, 0.02):
            for z in (1.3, 1.75):
                s.box(-1.6, -0.28, z, 3.2, 0.28, 0.04, wood)
                with s.at(-1.55, 0):
                    crockery(s, z + 0.04, 3.0)
        with s.at(width * 0.55, depth - 1.5):
            s.box(-1.7, -0.6, 0, 3.4, 0.6, 1.02, tiles(r, look.accent, "#e5e2db", 0.1, 2))
            s.box(-1.75, -0.68, 1.02, 3.5, 0.75, 0.05, wood)
            s.soft(0.6, -0.45, 1.07, 0.5, 0.4, 0.36, STEEL, 0.03)
            for x in (-1.2, -0.4, 0.4, 1.2):
                with s.at(x, -0.3):
                    pendant(s, 3.0, 2.15, 1, 14, matte(look.second))
                with s.at(x, -0.62):
                    stool(s, matte(look.second), BLACK)
        for x, y in ((1.5, 3.3), (4.6, 3.3), (1.6, 1.5), (4.9, 1.4)):
            with s.at(x, y):
                low_table(s, 0.75, 0.75, 0.74, wood, BLACK, True)
                for turn in (60, 240):
                    with s.at(-0.62 * sin(radians(turn)), -0.37 + 0.62 * cos(radians(turn)), turn=turn):
                        chair(s, matte(look.cloth if turn == 60 else look.second), wood)
        with s.at(width - 0.5, depth - 0.5):
            plant(s, 1.6, gloss("#b5694a", 0.3))
        room.spots(3, 3, 10, 0.16)
    aside = (0.62, 0.4, 0.42, 0.5, 0.55)[number % 5]
    return s, Camera((width * aside, -0.9, 1.6), (width * 0.5, depth, 1.3), r.uniform(66, 72))


# Houses


def tree(s: Scene, height: float, leaves: Sequence[str], slim: bool = False) -> None:
    r = s.random
    s.turned(0, 0, [(0.16, 0), (0.1, height * 0.5)], matte("#5d4633"), 12)
    shades = [speckled(r, shade, 0.25, 0.5, 60) for shade in leaves]
    for _ in range(260):
        if slim:  # A spruce.
            z = r.uniform(0.12, 1) * height
            reach = (1.08 - z / height) * height * 0.24
        else:
            z = height * (0.66 + 0.3 * r.uniform(-1, 1))
            reach = height * 0.32 * (1 - ((z / height - 0.66) / 0.36) ** 2) ** 0.5
        turn, out = r.uniform(0, 2 * pi), reach * r.uniform(0.5, 1)
        size = (0.04 if slim else 0.05) * height * r.uniform(0.7, 1.3)
        s.ball(out * cos(turn), out * sin(turn), z, size, r.choice(shades), (1, 1, 0.7))


def bush(s: Scene, size: float, leaves: Material, flowers: str = "") -> None:
    r = s.random
    for _ in range(14):
        s.ball(
            r.uniform(-1, 1) * size,
            r.uniform(-0.5, 0.5) * size,
            size * r.uniform(0.3, 0.8),
            size * r.uniform(0.3, 0.5),
            leaves,
        )
    for _ in range(26 if flowers else 0):
        turn, up = r.uniform(0, 2 * pi), r.uniform(0.2, 1.2)
        s.ball(size * 1.2 * cos(turn), size * 0.85 * sin(turn), size * up, 0.05, matte(flowers))


def house_window(s: Scene, x: float, z: float, width: float, height: float, frame: Material, panes: int = 2) -> None:
    """In a wall that faces -y; its middle is x, its sill z."""
    s.quad((x - width / 2, -0.02, z), (width, 0, 0), (0, 0, height), Material(linear("#2c3a48"), "gloss", 0.05))
    drawn = width * s.random.uniform(0.12, 0.24)
    for left in (x - width / 2, x + width / 2 - drawn):  # Curtains behind it.
        s.quad((left, -0.024, z), (drawn, 0, 0), (0, 0, height), gloss("#8f8b84", 0.05))
    for part in range(panes + 1):
        s.box(x - width / 2 - 0.04 + part * width / panes, -0.07, z - 0.04, 0.08, 0.07, height + 0.08, frame)
    for low in (z - 0.06, z + height - 0.02):
        s.box(x - width / 2 - 0.06, -0.08, low, width + 0.12, 0.08, 0.08, frame)


def gable(
    s: Scene, width: float, depth: float, eaves: float, rise: float, roof: Material, wall: Material, over: float = 0.5
) -> None:
    """A roof whose ridge runs along x, over a house from y = 0 to ``depth``."""
    half = depth / 2
    drop = rise * over / half
    for side in (-1, 1):
        y = half + side * (half + over)
        s.quad(
            (-width / 2 - over, y, eaves - drop), (width + 2 * over, 0, 0), (0, half - y, rise + drop), roof, fit=False
        )
        s.quad((-width / 2 - over, y, eaves - drop - 0.12), (width + 2 * over, 0, 0), (0, half - y, rise + drop), wall)
        s.box(-width / 2 - over, y - 0.03, eaves - drop - 0.14, width + 2 * over, 0.06, 0.15, WHITE)
    for x in (-width / 2, width / 2):
        points = np.array([[x, 0, eaves], [x, depth, eaves], [x, half, eaves + rise]], float)
        s.mesh(points, np.tile([np.sign(x), 0, 0], (3, 1)), np.array([[0, 1, 2]]), points[:, 1:] / wall.size, wall)


def shingles(random: Random, colour: str) -> Material:
    picture = tiles(random, colour, "#1c1715", 0.4, 2).colour
    return Material(picture, size=2.4)


def outdoors(s: Scene, r: Random, evening: float) -> None:
    """Lawn, mountains, sky and sun."""
    lawn = speckled(r, r.choice(("#5d8a3a", "#6a9142", "#557f3c")), 0.22, 3, 150)
    s.quad((-60, -30, 0), (120, 0, 0), (0, 110, 0), lawn, fit=False)
    for distance, high, shade in ((75, 10, "#6f8a6a"), (78, 19, "#8199ab")):
        across = np.linspace(-90, 90, 120)
        top = high * (0.7 + 0.22 * noise(r, 1, 120, 1, 9)[0] + 0.06 * noise(r, 1, 120, 1, 40)[0])
        rows = [
            np.column_stack([across, np.full(120, distance + 6.0 * step), np.maximum(top, 1) * step])
            for step in (0, 0.5, 0.78, 1)
        ]
        s.grid(np.array(rows[:3]), matte(shade))
        s.grid(np.array(rows[2:]), matte("#e9eef4" if high > 15 else shade))
    width, height = 512, 256
    up = np.cos(np.linspace(0, pi, height))[:, None]
    zenith, horizon = np.array([0.16, 0.36, 0.85]), np.array([0.66 + 0.3 * evening, 0.8, 1.0 - 0.25 * evening])
    sky = horizon + (zenith - horizon) * np.clip(up, 0, 1)[..., None] ** 0.45
    sky = np.repeat(sky, width, axis=1) * (up >= -0.02)[..., None] + 0.2 * (up < -0.02)[..., None]
    clouds = (
        noise(r, height, width, 16, 9) + 0.6 * noise(r, height, width, 40, 26) + 0.3 * noise(r, height, width, 90, 70)
    )
    cover = np.clip((clouds - 0.5) * 0.8, 0, 0.9) * np.clip(up * 6, 0, 1)
    sky = sky * (1 - cover[..., None]) + np.array([1.5, 1.47, 1.45]) * cover[..., None]
    s.lights["sky"] = {
        "type": "envmap", "bitmap": mi.Bitmap(sky.astype(np.float32)),
        "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90),
    }  # fmt: skip
    side = r.choice((-1, 1)) * r.uniform(0.5, 0.9)
    s.lights["sun"] = {
        "type": "directional", "direction": [side, 0.75, -0.75 + 0.3 * evening],
        "irradiance": {"type": "rgb", "value": [7.0, 6.2 - 0.9 * evening, 5.0 - 2.0 * evening]},
    }  # fmt: skip


def house(r: Random, number: int) -> Drawn:
    s = Scene(r, 0.0 if number % 2 else None)
    evening = (0.1, 0.5, 0.0, 0.9, 0.3, 0.6)[number % 6]
    outdoors(s, r, evening)
    wall = (
        speckled(r, "#efe4cf", 0.04), tiles(r, "#a9573f", "#cbb9a8", 0.28, 2), speckled(r, "#e9e9e6", 0.03),
        planks(r, "#a8743f", 12, False, 1.4), speckled(r, "#dcb98a", 0.04), planks(r, "#7d97a5", 20, False, 0.5),
    )[number % 6]  # fmt: skip
    roof = shingles(r, ("#8d4630", "#4a4c50", "#4a4c50", "#5c3a2c", "#7c3a2e", "#3d4650")[number % 6])
    frame = (WHITE, WHITE, BLACK, WHITE, matte("#6b4a33"), WHITE)[number % 6]
    door = planks(r, ("#7a4a2c", "#2f5d50", "#3a2a20", "#3f5a3a", "#5a3a28", "#b5452f")[number % 6], 1, False)
    modern, tall = number % 6 == 2, number % 6 in (1, 4)
    width, depth = r.uniform(9, 11), r.uniform(7, 8)
    eaves = 5.6 if tall else 3.1
    if modern:
        dark = planks(r, "#8a5f3c", 16, False)
        s.box(-5.5, 0, 0, 11, 7, 3.1, wall)
        s.box(-6.0, -0.8, 3.1, 12, 8, 0.3, matte("#3b3d40"))
        s.box(-1.2, 0.4, 3.4, 6.2, 6, 2.7, dark)
        s.box(-1.6, -0.1, 6.1, 7.0, 7, 0.25, matte("#3b3d40"))
        house_window(s, -3.2, 0.3, 3.4, 2.3, frame, 3)
        house_window(s, 3.4, 0.5, 2.6, 2.0, frame, 2)
        with s.at(0, 0.4):
            house_window(s, 0.6, 3.9, 2.2, 1.7, frame, 2)
            house_window(s, 3.5, 3.9, 1.8, 1.7, frame, 2)
        for x in (-5.4, 5.2):
            s.box(x, -0.7, 0, 0.2, 0.2, 3.1, matte("#3b3d40"))
        way = 0.4
    else:
        s.box(-width / 2, 0, 0, width, depth, eaves, wall)
        s.box(-width / 2 - 0.05, -0.05, 0, width + 0.1, depth + 0.1, 0.4, speckled(r, "#8b857c", 0.15, 1, 60))
        gable(s, width, depth, eaves, r.uniform(2.4, 3.2), roof, wall)
        s.box(width * 0.22, depth * 0.6, eaves + 1.4, 0.7, 0.7, 2.2, tiles(r, "#9a5a45", "#c8b8a8", 0.2, 2))
        way = (-1.6, 0.0, 0, 1.4, 0.0, -2.0)[number % 6]
        places = [x for x in (-width * 0.37, -width * 0.19, width * 0.19, width * 0.37) if abs(x - way) > 1.5]
        for floor_number in range(2 if tall else 1):
            for x in places if floor_number == 0 else (-width * 0.34, 0, width * 0.34):
                house_window(s, x, 1.0 + 2.7 * floor_number, 1.3, 1.45, frame, 2)
        if number % 6 in (0, 3):  # A dormer.
            with s.at(width * 0.02, 0.7):
                s.box(-1.1, 0, eaves, 2.2, 2.4, 1.6, wall)
                house_window(s, 0, eaves + 0.45, 1.1, 0.95, frame)
                for side in (-1, 1):
                    s.quad((side * 1.45, -0.35, eaves + 1.4), (-side * 1.45, 0, 1.0), (0, 3.2, 0), roof, fit=False)
                points = np.array([[-1.1, 0, eaves + 1.6], [1.1, 0, eaves + 1.6], [0, 0, eaves + 2.35]])
                s.mesh(points, np.tile([0, -1, 0], (3, 1)), np.array([[0, 1, 2]]), points[:, ::2] / wall.size, wall)
        if number % 6 in (0, 1, 5):  # A porch.
            for x in (-1.2, 1.2):
                s.box(way + x - 0.08, -1.6, 0, 0.16, 0.16, 2.6, frame)
            s.box(way - 1.5, -1.8, 2.6, 3.0, 1.9, 0.14, frame)
            s.quad((way - 1.6, -1.9, 2.75), (3.2, 0, 0), (0, 1.95, 0.6), roof, fit=False)
            s.box(way - 1.4, -1.7, 0, 2.8, 1.7, 0.2, speckled(r, "#b4aca0", 0.1))
    s.box(way - 0.65, -0.08, 0.1, 1.3, 0.08, 2.25, frame)
    s.box(way - 0.52, -0.11, 0.12, 1.04, 0.06, 2.1, door)
    s.ball(way + 0.4, -0.14, 1.1, 0.05, BRASS)
    s.box(way - 0.8, -0.7, 0, 1.6, 0.7, 0.16, speckled(r, "#b4aca0", 0.1))
    path = tiles(r, "#bdb4a6", "#8b8478", 0.4)
    s.box(way - 0.75, -16, 0.0, 1.5, 16, 0.03, path)
    leaves = r.choice(
        (("#4f7a35", "#5f8c3f", "#46702f"), ("#6b8f3c", "#86a24a", "#577d33"), ("#b58a3a", "#c99a45", "#8f8a3a"))
    )
    for x, y, high, slim in (
        (-9, 3, 7, False),
        (9.5, 5, 8, number % 2 == 0),
        (-12, 10, 9, True),
        (13, 12, 10, False),
        (4, 13, 11, True),
    ):
        with s.at(x + r.uniform(-1, 1), y + r.uniform(-1, 1)):
            tree(s, high * r.uniform(0.85, 1.15), ("#35573a", "#2f4f36", "#3f6340") if slim else leaves, slim)
    green = speckled(r, "#47702f", 0.25, 0.6, 60)
    for x in (-4.2, -3.0, 2.8, 4.0):
        if abs(x - way) > 1.6:
            with s.at(x, -0.8):
                bush(s, r.uniform(0.4, 0.6), green, r.choice(("#d65a6a", "#efe2ea", "#e0b23e", "")))
    if number % 3 == 0:
        for number_ in range(34):
            x = -12 + number_ * 0.72
            if abs(x - way) > 1.1:
                s.box(x, -5.2, 0, 0.5, 0.06, 0.85, WHITE)
        for z in (0.25, 0.6):
            s.box(-12, -5.15, z, way + 11, 0.05, 0.07, WHITE)
            s.box(way + 1.0, -5.15, z, 11 - way, 0.05, 0.07, WHITE)
    x = r.uniform(3.5, 6.5)
    return s, Camera((x, -15.5, 2.2), (x * 0.05, 3, 3.1 if tall or modern else 2.6), 56 if tall or modern else 50, 0.36)


# Pictures


def render(drawn: Drawn, width: int, height: int, samples: int) -> Image.Image:
    """Traces the light, takes out the noise and develops the picture."""
    scene, camera = drawn
    origin, target = scene.point(camera.origin), scene.point(camera.target)
    description = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": 7, "rr_depth": 3},
        "sensor": {
            "type": "perspective", "fov": camera.angle, "near_clip": 0.01,
            "to_world": mi.ScalarTransform4f().look_at(origin, target, [0, 0, 1]),
            "film": {
                "type": "hdrfilm", "width": width, "height": height, "pixel_format": "rgb", "rfilter": {"type": "box"},
            },
            "sampler": {"type": "independent", "sample_count": samples},
        },
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        # Mitsuba's own merging of meshes changes the lamps' order, and with it the noise, from run to run.
        loaded = mi.load_dict(description | scene.save(folder), optimize=False)
    light = np.nan_to_num(np.array(mi.render(loaded), dtype=np.float32))
    surfaces = mi.load_dict({"type": "aov", "aovs": "albedo:albedo,nn:sh_normal"})
    layers = np.array(mi.render(loaded, integrator=surfaces, spp=4), dtype=np.float32)
    albedo, normal = (np.ascontiguousarray(np.nan_to_num(layers[..., i : i + 3])) for i in (0, 3))
    return develop(pyoidn.denoise(light, albedo=np.clip(albedo, 0, 1), normal=normal, hdr=True), camera.exposure)


def develop(light: Array, exposure: float) -> Image.Image:
    """Exposes for the room, softens what is too bright, and brings a little glow around it."""
    luminance = np.maximum(light @ np.array([0.2126, 0.7152, 0.0722]), 1e-4)
    light = light * (exposure / np.exp(np.log(np.clip(luminance, 0, np.quantile(luminance, 0.9))).mean()))
    bright = Image.fromarray((np.clip(light - 1.2, 0, 2) * 127).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(light.shape[1] / 60)
    )
    light = light + np.asarray(bright) / 127 * 0.12
    white = 5.0
    toned = light * (1 + light / white**2) / (1 + light)
    srgb = np.where(toned < 0.0031308, toned * 12.92, 1.055 * np.maximum(toned, 1e-6) ** (1 / 2.4) - 0.055)
    grey = srgb.mean(axis=2, keepdims=True)
    srgb = np.clip(grey + (srgb - grey) * 1.06, 0, 1)
    srgb = srgb + 0.35 * (srgb * srgb * (3 - 2 * srgb) - srgb)
    return Image.fromarray((np.clip(srgb, 0, 1) * 255 + 0.5).astype(np.uint8))


def to_webp(picture: Image.Image) -> bytes:
    """The picture at the best quality that fits."""
    for quality in range(82, 20, -4):
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= LARGEST:
            break
    return file.getvalue()


KINDS: dict[str, tuple[Callable[[Random, int], Drawn], int, int]] = {
    "living": (living, 8, 16),
    "bedroom": (bedroom, 7, 8),
    "kitchen": (kitchen, 6, 8),
    "bathroom": (bathroom, 4, 8),
    "house": (house, 6, 16),
    "office": (office, 5, 8),
    "room": (small_room, 4, 8),
}
"""For each kind: what builds it, how many pictures there are, and how many paths of light each pixel gets."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the demo listings' pictures.")
    parser.add_argument("names", nargs="*", help="such as house-03; all without")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--samples", type=int, help="paths of light for each pixel; more for less noise")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    drjit.set_thread_count(options.threads)
    for kind, (build, count, samples) in KINDS.items():
        for number in range(count):
            name = f"{kind}-{number + 1:02}"
            if options.names and name not in options.names:
                continue
            drawn = build(Random(name), number)
            picture = render(drawn, options.width, options.width * 3 // 4, options.samples or samples)
            Path(options.folder, f"{name}.webp").write_bytes(to_webp(picture))
            print(name, flush=True)


if __name__ == "__main__":
    main()
