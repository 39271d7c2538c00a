/**
 * The photos of a listing in its editor: chosen from the phone or dropped here, sent one after the other, put in order.
 * A listing that is not there yet keeps them until `attach(id)`; afterwards every change is saved at once.
 */

import { ApiError, api } from './api.js';
import { h } from './dom.js';
import { photo as image } from './gallery.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { shrunk } from './shrink.js';
import { announce, errorText, toast, toastError } from './ui.js';

const MOST = 20;
const LARGEST = 12 * 2 ** 20; // Bytes; the API refuses more.

/**
 * @param {object} options
 * @param {number|null} [options.listingId] null for a new listing
 * @param {Array} [options.photos] as the API has them
 * @param {(cover: {photo, preview}|null) => void} [options.onchange] something is another one now
 */
export function photoShelf({ listingId = null, photos = [], onchange = () => {} }) {
  const leaving = new AbortController();
  const items = photos.map((photo) => ({ photo }));
  const previews = [];
  let order = photos.map(({ id }) => id); // As the API has it.
  let changed = false;
  let work = Promise.resolve();

  const grid = h('ul', { class: 'shelf' });
  const picker = (id, label, mark, props) => {
    const input = h('input', {
      type: 'file', accept: 'image/*', class: 'visually-hidden', id, ...props,
      onchange: () => { choose([...input.files]); input.value = ''; },
    });
    return [input, h('label', { class: 'button button-plain', for: id }, icon(mark), h('span', null, t(label)))];
  };
  const pickers = h('div', { class: 'shelf-pickers row' },
    picker('photos-files', 'photos.add', 'plus', { multiple: true }),
    matchMedia('(pointer: coarse)').matches && picker('photos-camera', 'photos.camera', 'camera', { capture: 'environment' }));
  const count = h('p', { class: 'note' });
  const node = h('fieldset', { class: 'field photos' }, h('legend', null, t('photos.title')), grid, pickers, count);

  function choose(files) {
    const chosen = files.filter(({ type }) => type.startsWith('image/') || !type);
    const taken = chosen.slice(0, MOST - items.length);
    for (const file of taken) {
      const preview = URL.createObjectURL(file);
      previews.push(preview);
      items.push({ file, preview, progress: 0 });
    }
    if (taken.length < chosen.length) toast(t('photos.full'), { kind: 'error' });
    draw();
    if (listingId) send();
  }

  /** Sends what waits, one after the other: a phone's network is no faster for several. */
  function send() {
    for (const item of items.filter(({ file, queued }) => file && !queued)) {
      Object.assign(item, { queued: true, error: null, progress: 0 });
      work = work.then(() => upload(item));
    }
    draw();
    work = work.then(saveOrder);
    return work;
  }

  async function upload(item) {
    if (!items.includes(item) || leaving.signal.aborted) return;
    try {
      item.blob ??= await shrunk(item.file);
      if (item.blob.size > LARGEST) throw new ApiError('http', { status: 413 });
      const photo = await api.uploadPhoto(listingId, item.blob, {
        signal: leaving.signal,
        onprogress: (part) => {
          item.progress = part;
          tileOf(item)?.querySelector('progress')?.setAttribute('value', part);
        },
      });
      changed = true;
      if (!items.includes(item)) return void (await api.deletePhoto(listingId, photo.id)); // Taken away meanwhile.
      if (items.some((other) => other.photo?.id === photo.id)) items.splice(items.indexOf(item), 1); // The same picture once more.
      else {
        order.push(photo.id);
        Object.assign(item, { photo, file: null, blob: null });
      }
      announce(t('photos.saved', { n: order.length }));
    } catch (error) {
      if (leaving.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      Object.assign(item, { queued: false, error });
    }
    draw();
  }

  /** Tells the API the order that is seen here, once it knows every photo. */
  async function saveOrder() {
    const wanted = shown().map(({ id }) => id);
    if (!listingId || wanted.length < 2 || wanted.join() === order.join()) return;
    try {
      await api.orderPhotos(listingId, wanted);
      order = wanted;
      changed = true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toastError(error, { lead: t('photos.order.failed') });
    }
  }

  function move(item, to) {
    const from = items.indexOf(item);
    if (to < 0 || to >= items.length || to === from) return;
    items.splice(to, 0, ...items.splice(from, 1));
    draw();
    announce(t('photos.moved', { n: to + 1, total: items.length }));
    if (listingId) work = work.then(saveOrder);
  }

  function remove(item) {
    const at = items.indexOf(item);
    items.splice(at, 1);
    draw();
    (grid.querySelectorAll('[data-remove]')[Math.min(at, items.length - 1)] ?? pickers.querySelector('input')).focus();
    if (!item.photo) return;
    work = work.then(async () => {
      try {
        await api.deletePhoto(listingId, item.photo.id);
        order = order.filter((id) => id !== item.photo.id);
        changed = true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        items.splice(at, 0, item);
        draw();
        toastError(error);
      }
    });
  }

  const shown = () => items.filter(({ photo }) => photo).map(({ photo }) => photo);
  const waiting = () => items.filter(({ file }) => file);

  // --- Drawing ---

  let keys = 0;
  let dragged = null;
  const keyOf = (item) => (item.key ??= ++keys);
  const tileOf = (item) => grid.querySelector(`[data-key="${keyOf(item)}"]`);

  function tile(item, n) {
    const named = { n: n + 1, total: items.length };
    const control = (name, label, onclick, props) =>
      h('button', { type: 'button', class: 'shelf-button', 'aria-label': t(label, named), title: t(label, named), onclick, ...props }, icon(name));
    const step = (by, name, label) => control(name, label, () => move(item, n + by), { 'data-by': by, disabled: n + by < 0 || n + by >= items.length });
    const picture = item.photo ? image(item.photo, { sizes: '130px', alt: t('photos.nth', named) })
      : h('img', { class: 'photo', src: item.preview, alt: t('photos.nth', named), onerror: ({ currentTarget }) => currentTarget.replaceWith(icon('image')) });
    return h('li', {
      class: `shelf-item${item.error ? ' is-failed' : ''}`, 'data-key': keyOf(item), draggable: 'true',
      ondragstart: (event) => { dragged = item; event.dataTransfer.effectAllowed = 'move'; },
      ondragend: () => { dragged = null; },
      ondragover: (event) => { if (dragged) event.preventDefault(); },
      ondrop: (event) => {
        if (!dragged) return;
        event.preventDefault();
        event.stopPropagation();
        move(dragged, n);
      },
    },
    picture,
    n === 0 && h('span', { class: 'badge badge-info shelf-cover' }, t('photos.cover')),
    item.file && item.queued && h('progress', { max: 1, value: item.progress, 'aria-label': t('photos.sending', named) }),
    item.error && h('div', { class: 'shelf-error', role: 'alert' }, h('p', null, explained(item.error)),
      listingId && h('button', { type: 'button', class: 'link', onclick: send, 'data-retry': true }, t('retry'))),
    h('div', { class: 'shelf-buttons' },
      step(-1, 'previous', 'photos.earlier'), step(1, 'next', 'photos.later'),
      control('cross', 'photos.remove', () => remove(item), { 'data-remove': true })));
  }

  /** Draws all anew; the focus stays on the same button of the same photo. */
  function draw() {
    const focused = grid.contains(document.activeElement) && document.activeElement;
    const key = focused && focused.closest('[data-key]').dataset.key;
    const by = focused && focused.dataset.by;
    grid.replaceChildren(...items.map(tile));
    const again = key && grid.querySelector(`[data-key="${key}"]`);
    if (again) (again.querySelector(by ? `[data-by="${by}"]:not(:disabled)` : '[data-remove]') ?? again.querySelector('button:not(:disabled)')).focus();
    pickers.hidden = items.length >= MOST;
    count.textContent = items.length ? t('photos.count', { n: items.length, most: MOST }) : t('photos.hint');
    onchange(items[0] ?? null);
  }

  node.addEventListener('dragover', (event) => { if (event.dataTransfer.types.includes('Files')) event.preventDefault(); });
  node.addEventListener('drop', (event) => {
    event.preventDefault();
    choose([...event.dataTransfer.files]);
  });
  draw();
  return {
    node,
    /** More photos, as if they had been chosen here. */
    choose,
    /** The listing is there now: send what was chosen before. Resolves with whether everything has arrived. */
    async attach(id) {
      listingId = id;
      await send();
      return waiting().length === 0;
    },
    /** The photos that have arrived, in their order. */
    get photos() { return shown(); },
    /** What has been chosen and has not arrived. */
    get waiting() { return waiting().map(({ file }) => file); },
    get changed() { return changed; },
    /** Forgets what waits. */
    clear() {
      items.splice(0, items.length, ...items.filter(({ photo }) => photo));
      draw();
    },
    close() {
      leaving.abort();
      previews.forEach((preview) => URL.revokeObjectURL(preview));
    },
  };
}

function explained(error) {
  if (error.status === 413) return t('photos.large');
  if (error.status === 415 || error.status === 422) return t('photos.unreadable');
  if (error.status === 409) return t('photos.full');
  return errorText(error);
}
