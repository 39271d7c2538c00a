/**
 * A picture for every listing, drawn from what the API says of it: the property type gives the subject,
 * the deal the time of day (rent at dusk, sale by day), the city the colours, the id the details.
 * The same listing always looks the same.
 */

import { s } from './dom.js';

const W = 400;
const H = 500;
const GROUND = 400;

/** Sky from top to horizon, the mountains, and the paint of the buildings, per city. */
const PALETTES = [
  { day: ['#a9d7e6', '#eaf6ef'], dusk: ['#1f3a5f', '#f2a97c'], hill: '#5f8f97', paint: '#f3e3cd' },
  { day: ['#b9cdf0', '#f7efe9'], dusk: ['#2b2b58', '#e99a90'], hill: '#6a7fae', paint: '#efd9cf' },
  { day: ['#a8e0d3', '#f6f6e4'], dusk: ['#0e4450', '#f0c48a'], hill: '#4f9384', paint: '#f4ead2' },
  { day: ['#cfc9ef', '#fbeeea'], dusk: ['#3a2d5c', '#f0ae90'], hill: '#7d78ae', paint: '#eddce0' },
  { day: ['#fbd9b5', '#fff6e6'], dusk: ['#4a2f45', '#f5b27a'], hill: '#b98a6a', paint: '#f2dcc0' },
  { day: ['#bfe2bd', '#f8f5e3'], dusk: ['#1c4440', '#e8bd86'], hill: '#6c9a70', paint: '#efe6cc' },
];

let drawings = 0;

/** @returns {SVGElement} decorative: the text beside it says the same */
export function art({ id, city, property_type, deal_type }) {
  const random = generator(hash(String(id)));
  const dusk = deal_type === 'rent';
  const palette = PALETTES[hash(city.trim().toLowerCase()) % PALETTES.length];
  const other = pick(random, PALETTES); // A city keeps its colours, but no two evenings are quite the same.
  const [top, horizon] = [0, 1].map((end) => {
    const [own, its] = dusk ? [palette.dusk, other.dusk] : [palette.day, other.day];
    return mix(own[end], its[end], random() * 0.6);
  });
  const hill = mix(palette.hill, other.hill, random() * 0.5);
  const wall = mix(other.paint, pick(random, ['#ffffff', '#e7c3a4', '#d9dfe3', '#f2d9a8']), random() * 0.6);
  const paint = (dark) => shade(wall, dusk ? 0.24 + dark : dark);
  const scene = {
    random,
    dusk,
    top,
    horizon,
    paint,
    roof: pick(random, dusk ? ['#6b3f45', '#3f4a63', '#7a4b3a', '#3d5a55'] : ['#c8694f', '#5d6f86', '#a9583f', '#5f8a7d']),
    glass: dusk ? '#3c4d66' : '#cfe6ea',
    lit: '#ffd98a',
    leaf: shade(dusk ? '#2c5548' : '#6fa07a', random() * 0.12),
    far: mix(hill, horizon, 0.55),
    near: shade(mix(hill, horizon, 0.15), dusk ? 0.35 : 0.05),
    ground: shade(mix(hill, '#a3b18a', 0.5), dusk ? 0.5 : 0.05),
    sky: `sky-${++drawings}`,
  };
  return s('svg', {
    viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: 'xMidYMid slice', class: 'art', 'aria-hidden': 'true', focusable: 'false',
  },
  s('defs', null,
    s('linearGradient', { id: scene.sky, x1: 0, y1: 0, x2: 0, y2: 1 },
      s('stop', { offset: '0', 'stop-color': top }),
      s('stop', { offset: '0.85', 'stop-color': horizon }))),
  s('g', { transform: random() < 0.5 ? null : `translate(${W}) scale(-1 1)` },
    property_type === 'room' ? room(scene) : [outdoors(scene), SUBJECTS[property_type](scene), garden(scene)]));
}

// --- Landscape ---

function outdoors({ random, dusk, horizon, far, near, ground, sky }) {
  const sun = { cx: 70 + random() * 260, cy: dusk ? 205 + random() * 40 : 70 + random() * 40 };
  return [
    rect(0, 0, W, H, `url(#${sky})`),
    dusk && stars(random),
    s('circle', { ...sun, r: 58, fill: '#fff', opacity: dusk ? 0.12 : 0.35 }),
    s('circle', { ...sun, r: 34, fill: dusk ? '#ffe1a6' : '#fff8df', opacity: 0.95 }),
    !dusk && clouds(random),
    mountains(random, 215, 75, far, mix(far, '#ffffff', 0.6)),
    mountains(random, 285, 55, near, mix(near, horizon, 0.25)),
    s('path', { d: `M0 ${GROUND - 12}Q100 ${GROUND - 30} 200 ${GROUND - 14}T400 ${GROUND - 20}V${H}H0z`, fill: ground }),
    s('path', { d: `M0 ${GROUND + 40}Q120 ${GROUND + 16} 260 ${GROUND + 40}T400 ${GROUND + 34}V${H}H0z`, fill: shade(ground, 0.12) }),
  ];
}

function mountains(random, base, height, fill, snow) {
  const peaks = [];
  for (let x = -30; x < W + 160; x += 70 + random() * 50) peaks.push([x, base - height * (0.3 + random() * 0.7)]);
  const valleys = peaks.slice(1).map(([x, y], i) => [(x + peaks[i][0]) / 2, Math.max(y, peaks[i][1]) + 22 + random() * 16]);
  const ridge = peaks.flatMap((peak, i) => (valleys[i] ? [peak, valleys[i]] : [peak]));
  const caps = peaks.slice(1, -1).map(([x, y], i) => {
    const at = ([vx, vy], part) => `${x + (vx - x) * part} ${y + (vy - y) * part}`;
    return `M${x} ${y}L${at(valleys[i + 1], 0.42)}L${x + 3} ${y + 11}L${x - 3} ${y + 17}L${at(valleys[i], 0.42)}z`;
  });
  return [
    s('path', { d: `M-40 ${H}L${ridge.map((point) => point.join(' ')).join('L')}L${W + 200} ${H}z`, fill }),
    s('path', { d: caps.join(''), fill: snow, opacity: 0.75 }),
  ];
}

const stars = (random) =>
  Array.from({ length: 16 }, () =>
    s('circle', { cx: random() * W, cy: random() * 150, r: 0.8 + random(), fill: '#fff', opacity: 0.3 + random() * 0.5 }));

const clouds = (random) =>
  [0, 1].map((i) => {
    const x = 40 + i * 190 + random() * 70;
    const y = 60 + random() * 80;
    return s('path', { d: `M${x} ${y}h72a15 15 0 0 0-6-28 22 22 0 0 0-41-5 16 16 0 0 0-25 33z`, fill: '#fff', opacity: 0.75 });
  });

function garden({ random, leaf, dusk }) {
  const trunk = dusk ? '#3b2f35' : '#8a6a52';
  const poplar = (x, y, size) => [
    rect(x - 2, y - 8, 4, 14, trunk),
    s('ellipse', { cx: x, cy: y - size / 2 - 4, rx: size / 5, ry: size / 2, fill: leaf }),
    s('ellipse', { cx: x + size / 14, cy: y - size / 2 - 2, rx: size / 9, ry: size / 2.4, fill: shade(leaf, 0.14) }),
  ];
  const bush = (x, y, r) => s('path', { d: `M${x - r * 1.6} ${y}a${r} ${r} 0 0 1 ${r} -${r * 1.1}a${r} ${r} 0 0 1 ${r * 1.6} 0a${r} ${r} 0 0 1 ${r} ${r * 1.1}z`, fill: shade(leaf, 0.08) });
  return [
    poplar(28 + random() * 20, 412, 92 + random() * 40),
    poplar(66 + random() * 16, 420, 62 + random() * 26),
    poplar(352 + random() * 22, 414, 84 + random() * 44),
    bush(112, 424, 14), bush(300 + random() * 20, 426, 16), bush(330, 436, 12),
  ];
}

// --- Subjects ---

const SUBJECTS = { flat, house, commercial };

function flat(scene) {
  const { random, paint, roof } = scene;
  const floors = 7 + Math.floor(random() * 3);
  const x = 132 + random() * 26;
  const [width, floor] = [116, 28];
  const top = GROUND + 6 - floors * floor - 22;
  const accent = Math.floor(random() * 3);
  return [
    tower(scene, x - 62, GROUND - 130 - random() * 40, 74, paint(0.2)),
    tower(scene, x + width - 8, GROUND - 95 - random() * 60, 70, paint(0.26)),
    rect(x, top, width, GROUND + 10 - top, paint(0), 4),
    rect(x + width - 26, top, 26, GROUND + 10 - top, paint(0.1), 4),
    rect(x - 5, top - 7, width + 10, 10, roof, 3),
    rect(x + 20, top - 25, 26, 18, paint(0.12), 2),
    rect(x + 74, top - 40, 2.5, 34, roof),
    Array.from({ length: floors }, (_, row) =>
      [0, 1, 2, 3].map((column) => {
        const [wx, wy] = [x + 13 + column * 25, top + 14 + row * floor];
        return [
          glass(scene, wx, wy, 15, 17),
          column === accent && [rect(wx - 4, wy + 11, 23, 8, roof, 1.5), rect(wx - 4, wy + 10, 23, 2, shade(roof, 0.2))],
        ];
      })),
    rect(x + 46, GROUND - 20, 24, 30, shade(roof, 0.2), 2),
    rect(x + 40, GROUND - 24, 36, 5, roof, 2),
  ];
}

function tower(scene, x, y, width, fill) {
  const rows = Math.floor((GROUND - y - 20) / 24);
  return [
    rect(x, y, width, GROUND + 10 - y, fill, 3),
    Array.from({ length: rows }, (_, row) =>
      Array.from({ length: 3 }, (__, column) => glass(scene, x + 11 + column * 19, y + 12 + row * 24, 11, 13))),
  ];
}

function house(scene) {
  const { random, paint, roof, dusk, lit } = scene;
  const x = 96 + random() * 12;
  const y = 300;
  const porch = random() < 0.5;
  return [
    rect(x + 148, y - 92, 22, 60, shade(roof, 0.22), 2),
    [0, 1, 2].map((i) => s('circle', { cx: x + 162 + i * 9, cy: y - 106 - i * 19, r: 8 + i * 4, fill: '#fff', opacity: 0.42 - i * 0.11 })),
    rect(x, y, 200, 112, paint(0), 3),
    rect(x, y + 96, 200, 16, paint(0.14), 2),
    s('path', { d: `M${x - 20} ${y + 6}L${x + 100} ${y - 88}L${x + 220} ${y + 6}z`, fill: roof }),
    s('path', { d: `M${x + 28} ${y + 6}L${x + 100} ${y - 52}L${x + 172} ${y + 6}z`, fill: paint(0.05) }),
    s('circle', { cx: x + 100, cy: y - 14, r: 14, fill: dusk ? lit : scene.glass, stroke: paint(0.25), 'stroke-width': 3 }),
    pane(scene, x + 22, y + 32, 48, 44),
    pane(scene, x + 134, y + 32, 46, 44),
    rect(x + 86, y + 42, 34, 70, shade(roof, 0.12), 3),
    s('circle', { cx: x + 113, cy: y + 78, r: 2.5, fill: lit }),
    porch && [rect(x + 74, y + 34, 58, 7, roof, 3), rect(x + 77, y + 40, 4, 72, paint(0.2)), rect(x + 125, y + 40, 4, 72, paint(0.2))],
    s('path', { d: `M${x + 84} ${y + 112}h38l44 88h-120z`, fill: mix(scene.ground, '#f5ead6', dusk ? 0.25 : 0.6) }),
    Array.from({ length: 8 }, (_, i) => rect(-6 + i * 13, GROUND + 6, 5, 30, paint(0.05), 2)),
    rect(-6, GROUND + 13, 100, 4, paint(0.05)),
  ];
}

function commercial(scene) {
  const { random, paint, roof, dusk, lit } = scene;
  const [x, y, width] = [78, 236, 244];
  const stripes = 10;
  const awning = Array.from({ length: stripes }, (_, i) => {
    const step = (width + 16) / stripes;
    const sx = x - 8 + i * step;
    return s('path', { d: `M${sx} 318h${step}v22a${step / 2} ${step / 2} 0 0 1-${step} 0z`, fill: i % 2 ? (dusk ? '#e9d7c3' : '#fffaf0') : roof });
  });
  return [
    rect(x, y, width, GROUND + 12 - y, paint(0), 4),
    rect(x - 6, y - 10, width + 12, 14, paint(0.2), 3),
    Array.from({ length: 5 }, (_, i) => glass(scene, x + 17 + i * 44, y + 18, 32, 34)),
    rect(x + 46, 294, width - 92, 22, shade(roof, 0.3), 5),
    rect(x + 64, 302, 40 + random() * 60, 6, lit, 3),
    rect(x + 14, 330, 84, 66, dusk ? '#f4c877' : scene.glass, 3),
    rect(x + 146, 330, 84, 66, dusk ? '#f4c877' : scene.glass, 3),
    [24, 52, 156, 186].map((dx) => [rect(x + dx, 372, 18, 24, shade(roof, -0.1), 2), s('circle', { cx: x + dx + 9, cy: 366, r: 7, fill: scene.leaf })]),
    rect(x + 106, 336, 32, 76, shade(roof, 0.25), 2),
    rect(x + 111, 342, 22, 44, dusk ? lit : scene.glass, 2),
    awning,
    rect(0, GROUND + 10, W, 14, mix(scene.ground, '#e7e2d6', dusk ? 0.2 : 0.6)),
    rect(346, 270, 4, 145, '#3a4450', 2),
    s('path', { d: 'M348 272q0-14-18-14', fill: 'none', stroke: '#3a4450', 'stroke-width': 4, 'stroke-linecap': 'round' }),
    s('circle', { cx: 328, cy: 262, r: dusk ? 9 : 6, fill: lit }),
    dusk && s('circle', { cx: 328, cy: 262, r: 24, fill: lit, opacity: 0.25 }),
  ];
}

function room(scene) {
  const { random, dusk, sky, far, near, roof, lit, leaf } = scene;
  const wall = mix(scene.paint(dusk ? 0.1 : -0.1), scene.horizon, 0.35);
  const floor = dusk ? '#6a4a42' : '#d9b48f';
  const [x, y, width, height] = [112, 96, 176, 190];
  const clip = `${sky}-window`;
  const curtain = mix(roof, '#ffffff', dusk ? 0.15 : 0.45);
  return [
    rect(0, 0, W, H, wall),
    s('defs', null, s('clipPath', { id: clip }, rect(x, y, width, height, '#000', 4))),
    s('g', { 'clip-path': `url(#${clip})` },
      rect(0, 0, W, H, `url(#${sky})`),
      s('circle', { cx: x + 50 + random() * 80, cy: y + 60, r: 20, fill: dusk ? '#ffe1a6' : '#fffbe8' }),
      mountains(random, 220, 60, far, '#ffffff'),
      mountains(random, 275, 40, near, far)),
    s('path', { d: `M${x} ${y}h${width}v${height}h-${width}zM${x + width / 2} ${y}v${height}M${x} ${y + 62}h${width}`, fill: 'none', stroke: dusk ? '#e9dccb' : '#ffffff', 'stroke-width': 8, 'stroke-linejoin': 'round' }),
    rect(x - 14, y + height + 2, width + 28, 10, dusk ? '#d8c6b1' : '#ffffff', 3),
    s('path', { d: `M${x - 30} 84h48q-2 90-30 208h-26z`, fill: curtain }),
    s('path', { d: `M${x + width + 30} 84h-48q2 90 30 208h26z`, fill: curtain }),
    rect(x - 44, 78, width + 88, 6, shade(roof, 0.3), 3),
    rect(0, 372, W, 128, floor),
    [0, 1, 2].map((i) => rect(0, 396 + i * 34, W, 2, shade(floor, 0.1))),
    s('ellipse', { cx: 196, cy: 452, rx: 150, ry: 26, fill: mix(roof, '#ffffff', 0.35), opacity: 0.65 }),
    // The bed.
    rect(54, 300, 14, 128, shade(floor, 0.35), 5),
    rect(60, 366, 200, 52, shade(floor, 0.25), 8),
    rect(60, 344, 204, 42, mix('#ffffff', scene.horizon, 0.2), 14),
    rect(138, 340, 130, 54, roof, 14),
    rect(138, 340, 20, 54, mix(roof, '#ffffff', 0.35), 8),
    rect(74, 326, 58, 30, '#ffffff', 13),
    // The lamp and the plant.
    rect(52 + 280, 330, 5, 96, shade(floor, 0.4)),
    s('path', { d: 'M312 332l10-40h25l10 40z', fill: dusk ? lit : mix(lit, '#ffffff', 0.4) }),
    dusk && s('circle', { cx: 334, cy: 318, r: 62, fill: lit, opacity: 0.2 }),
    s('path', { d: 'M368 398q-26-34-14-66 20 22 14 66zM372 398q-4-44 18-70 12 38-18 70zM370 398q12-30 40-36-8 32-40 36z', fill: leaf }),
    s('path', { d: 'M352 396h38l-5 38h-28z', fill: mix(roof, '#ffffff', 0.15) }),
  ];
}

// --- Parts ---

const rect = (x, y, width, height, fill, rx) => s('rect', { x, y, width, height, fill, rx });

const glass = ({ random, dusk, glass: dark, lit }, x, y, width, height) =>
  rect(x, y, width, height, dusk && random() < 0.45 ? lit : dusk ? dark : shade(dark, random() * 0.12), 1.5);

const pane = (scene, x, y, width, height) => [
  rect(x, y, width, height, scene.dusk ? scene.lit : scene.glass, 2),
  s('path', { d: `M${x} ${y}h${width}v${height}h-${width}zM${x + width / 2} ${y}v${height}M${x} ${y + height / 2}h${width}`, fill: 'none', stroke: scene.paint(scene.dusk ? 0.2 : -0.2), 'stroke-width': 4 }),
];

// --- Colours and chance ---

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const hexed = (values) => `#${values.map((value) => Math.round(Math.min(255, Math.max(0, value))).toString(16).padStart(2, '0')).join('')}`;
const mix = (a, b, part) => {
  const [from, to] = [channels(a), channels(b)];
  return hexed(from.map((value, i) => value + (to[i] - value) * part));
};
/** Darker by a part of 1, lighter when negative. */
const shade = (hex, part) => (part < 0 ? mix(hex, '#ffffff', -part) : mix(hex, '#1b2233', part));
const pick = (random, values) => values[Math.floor(random() * values.length)];

/** FNV-1a. */
function hash(text) {
  let value = 2166136261;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0), 16777619);
  return value >>> 0;
}

/** Mulberry32: small, even, and the same in every browser. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
