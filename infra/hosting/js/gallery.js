/** The pictures of a listing: its photos, or the drawing where it has none. */

import { art } from './art.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

const SIDES = { small: 320, medium: 800, large: 1600 };

/** Photos are served under the API's own base URL, which the page shares: another spelling of its host changes nothing. */
const local = (url) => new URL(url, location.origin).pathname;

/** How the browser chooses between the sizes: by the longest side, which the API limits, and the place on the screen. */
const sources = ({ width, height, urls }, sizes) => {
  const scale = (side) => Math.min(1, side / Math.max(width, height));
  const widths = Object.entries(SIDES).map(([name, side]) => [Math.max(1, Math.round(width * scale(side))), local(urls[name])]);
  return { src: local(urls.medium), srcset: [...new Map(widths)].map(([w, url]) => `${url} ${w}w`).join(', '), sizes, width, height };
};

/** One photo as an image that gives way to `instead()` when it cannot be loaded. */
export function photo(shown, { sizes, alt = '', instead = () => null, loading } = {}) {
  const { src, srcset, ...rest } = sources(shown, sizes);
  return h('img', {
    class: 'photo', alt, draggable: 'false', decoding: 'async', loading, ...rest, srcset, src,
    onerror: ({ currentTarget }) => currentTarget.replaceWith(instead() ?? ''),
  });
}

/** A listing's cover, decorative: the text beside it says what it is. */
export const cover = (listing, sizes = '132px', loading = 'lazy') =>
  listing.photos?.length ? photo(listing.photos[0], { sizes, loading, instead: () => art(listing) }) : art(listing);

/** Asks for a photo before it is shown. */
export function preload(shown, sizes) {
  const { src, srcset } = sources(shown, sizes);
  Object.assign(new Image(), { sizes, srcset, src });
}

/**
 * A listing's photos, one at a time, with buttons at its sides.
 * @returns {{node: HTMLElement, step: (by: number) => void, size: number}}
 */
export function gallery(listing, sizes) {
  const photos = listing.photos ?? [];
  const frame = h('div', { class: 'gallery-frame' }, cover(listing, sizes, 'eager'));
  const node = h('div', { class: 'gallery', role: 'group', 'aria-label': t('photos.of', { title: listing.title }) }, frame);
  if (!photos.length) {
    node.removeAttribute('role');
    node.removeAttribute('aria-label');
    return { node, step: () => {}, size: 0 };
  }

  let shown = 0;
  const place = h('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  const marks = h('div', { class: 'gallery-marks', 'aria-hidden': 'true' }, photos.map(() => h('i')));
  const alt = () => t('photos.nth', { n: shown + 1, total: photos.length });
  function draw() {
    const image = photo(photos[shown], { sizes, alt: alt(), instead: () => art(listing) });
    frame.replaceChildren(image);
    [...marks.children].forEach((mark, n) => mark.classList.toggle('is-shown', n === shown));
    const next = photos[shown + 1];
    if (next) image.addEventListener('load', () => preload(next, sizes), { once: true });
  }
  function step(by) {
    const wanted = (shown + by + photos.length) % photos.length;
    if (wanted === shown) return;
    shown = wanted;
    draw();
    place.textContent = alt();
  }
  draw();
  if (photos.length > 1) {
    const turn = (by, name, label) =>
      h('button', { type: 'button', class: `gallery-turn gallery-${name}`, 'aria-label': t(label), onclick: () => step(by) }, icon(name));
    node.append(marks, turn(-1, 'previous', 'photos.previous'), turn(1, 'next', 'photos.next'), place);
  }
  return { node, step, size: photos.length };
}

const SWIPE = 40; // Pixels of a finger's way that turn the page.

/** A gallery that a finger and the arrow keys turn too. */
export function turned({ node, step, size }) {
  if (size < 2) return node;
  let start = null;
  node.classList.add('is-turned');
  node.addEventListener('pointerdown', (event) => { if (event.pointerType !== 'mouse') start = event; });
  node.addEventListener('pointercancel', () => { start = null; });
  node.addEventListener('pointerup', (event) => {
    const dx = event.clientX - (start?.clientX ?? event.clientX);
    start = null;
    if (Math.abs(dx) > SWIPE) step(dx < 0 ? 1 : -1);
  });
  node.addEventListener('keydown', ({ key }) => {
    if (key === 'ArrowLeft' || key === 'ArrowRight') step(key === 'ArrowLeft' ? -1 : 1);
  });
  return node;
}
