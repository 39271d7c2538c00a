/** The landlord's and agent's listings, and their editor. */

import { api, newKey } from '../api.js';
import { cityField } from '../cities.js';
import { h } from '../dom.js';
import { draft } from '../drafts.js';
import { ago, numberInput, priceInput } from '../format.js';
import { cover } from '../gallery.js';
import { t } from '../i18n.js';
import { photoShelf } from '../photoshelf.js';
import { badge, busy, button, choice, dealOptions, dialog, emptyState, facts, field, form, heading, listingRow, markInvalid, pagedList, priceTag, toast, typeOptions } from '../ui.js';

const PAGE = 12;

// --- The list ---

export function listings({ user, signal }) {
  const create = () => edit(null, user, (made) => {
    list.prepend(made);
    toast(t('own.created'), { kind: 'good' });
  });
  const fresh = (kind) => button(t('own.new'), { kind, icon: 'plus', onclick: create, 'data-create': true });
  const list = pagedList({
    signal,
    load: (cursor) => api.myListings({ limit: PAGE, cursor, include: api.INCLUDE }, { signal }),
    row: (listing) => ownRow(listing, user),
    empty: () => emptyState({ name: 'home', title: t('own.empty'), text: t('own.empty.text'), actions: [fresh('primary')] }),
  });
  return h('div', { class: 'page' }, heading(t('own.title'), null, fresh('primary')), list);
}

function ownRow(first, user) {
  const row = h('li');
  const draw = (listing) => {
    const { title } = listing;
    const publish = (is_active) => async ({ currentTarget }) => busy(currentTarget, async () => {
      const now = await published(listing, is_active);
      draw(now);
      row.querySelector('[data-publish]').focus();
      toast(t(is_active ? 'own.activated' : 'own.deactivated', { title }), { kind: 'good' });
    });
    const full = listingRow(listing,
      h('div', { class: 'lead-state' },
        listing.is_active ? badge(t('listing.active'), 'good') : badge(t('listing.inactive'), 'off'),
        h('span', { class: 'muted small' }, ago(listing.created_at))),
      h('div', { class: 'row' },
        button(t('own.edit'), {
          kind: 'soft', icon: 'edit', 'aria-label': t('own.edit.label', { title }),
          onclick: () => edit(listing, user, (now, isSaved) => {
            draw(now);
            row.querySelector('button').focus();
            if (isSaved) toast(t('own.updated'), { kind: 'good' });
          }),
        }),
        listing.is_active
          ? button(t('own.deactivate'), { icon: 'hide', 'data-publish': true, 'aria-label': t('own.deactivate.label', { title }), onclick: publish(false) })
          : button(t('own.activate'), { icon: 'eye', 'data-publish': true, 'aria-label': t('own.activate.label', { title }), onclick: publish(true) })));
    row.className = full.className;
    row.dataset.listing = listing.id;
    row.replaceChildren(...full.childNodes);
  };
  draw(first);
  return row;
}

/** Unpublishes (DELETE) or publishes again (PUT replaces all fields); gives the listing as it is then. */
export async function published(listing, is_active) {
  if (!is_active) {
    await api.deactivateListing(listing.id);
    return { ...listing, is_active };
  }
  const { title, city, deal_type, property_type, price } = listing;
  return api.updateListing(listing.id, { title, city, deal_type, property_type, price, is_active });
}

// --- The editor ---

const TEXTS = ['description', 'district', 'address'];
const NUMBERS = ['rooms', 'area', 'kitchen_area', 'floor', 'floors', 'year_built', 'deposit'];
const ANSWERS = ['furnished', 'pets_allowed', 'children_allowed'];
const BLANK_DETAILS = Object.fromEntries([...TEXTS, ...NUMBERS, ...ANSWERS, 'available_from', 'coordinates'].map((name) => [name, '']));
const BLANK = { title: '', city: '', price: '', deal_type: 'rent', property_type: 'flat', is_active: 'on', ...BLANK_DETAILS };

/** A listing as the editor's fields have it. */
const toFields = ({ title, city, price, deal_type, property_type, is_active, details }) =>
  ({ title, city, price: String(Number(price)), deal_type, property_type, ...(is_active && { is_active: 'on' }), ...detailFields(details) });

function detailFields(details) {
  if (!details) return BLANK_DETAILS;
  const { latitude, longitude } = details;
  const told = Object.keys(BLANK_DETAILS).map((name) => [name, String(details[name] ?? '')]);
  return { ...Object.fromEntries(told), coordinates: latitude === null ? '' : `${latitude}, ${longitude}` };
}

/** The fields as the API has the details; null where nothing is told. */
function readDetails(values) {
  const [latitude, longitude] = coordinatesIn(values.coordinates) ?? [null, null];
  const told = {
    ...Object.fromEntries(TEXTS.map((name) => [name, values[name].trim() || null])),
    ...Object.fromEntries(NUMBERS.map((name) => [name, values[name].trim() ? numberInput(values[name]) : null])),
    ...Object.fromEntries(ANSWERS.map((name) => [name, { true: true, false: false }[values[name]] ?? null])),
    available_from: values.available_from || null,
    latitude,
    longitude,
  };
  return Object.values(told).some((value) => value !== null) ? told : null;
}

/** Latitude and longitude as people copy them from a map, or in a map's address (`…#map=17/51.1283/71.4305`); else null. */
function coordinatesIn(text) {
  const found = text.match(/(-?\d{1,3}\.\d+)[,/](-?\d{1,3}\.\d+)/) ?? text.match(/^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/);
  return found && [Number(found[1]), Number(found[2])];
}

const sameFields = (one, other) => Object.keys(BLANK).every((name) => one[name] === other[name]);

function detailsPart(first) {
  const number = (name) => field(name, { value: first[name], inputmode: 'decimal' });
  const answer = (name) => field(name, { options: [['', t('untold')], ['true', t('yes')], ['false', t('no')]], value: first[name] });
  const place = field('coordinates', { value: first.coordinates, hint: t('field.coordinates.hint') });
  const here = navigator.geolocation && button(t('own.here'), {
    icon: 'pin',
    onclick: () => navigator.geolocation.getCurrentPosition(({ coords }) => {
      const control = place.querySelector('input');
      control.value = `${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`;
      control.dispatchEvent(new Event('input', { bubbles: true }));
    }, () => toast(t('own.here.failed'), { kind: 'error' })),
  });
  const told = Object.keys(BLANK_DETAILS).some((name) => first[name]);
  return h('details', { class: 'more-fields', open: told },
    h('summary', null, t('own.details')),
    h('div', { class: 'more-grid' },
      field('description', { value: first.description, rows: 5, maxlength: 4000 }),
      h('div', { class: 'triple' }, number('rooms'), number('area'), number('kitchen_area')),
      h('div', { class: 'triple' }, number('floor'), number('floors'), number('year_built')),
      h('div', { class: 'triple' }, ANSWERS.map(answer)),
      h('div', { class: 'pair' }, number('deposit'), field('available_from', { type: 'date', value: first.available_from })),
      h('div', { class: 'pair' }, field('district', { value: first.district, maxlength: 128 }), field('address', { value: first.address, maxlength: 255 })),
      place, here));
}

/**
 * The dialog that makes a listing or changes one, with the card as a tenant will see it.
 * What was typed and chosen survives Escape, Back and a reload, until it is saved or cancelled. Photos of a listing that
 * is there are saved as they are chosen; those of a new one are sent after it.
 * @param {(listing: object, isSaved: boolean) => void} done not saved: its photos alone have changed
 */
async function edit(listing, user, done) {
  const draftOf = (id) => draft(`listing:${user.id}:${id}`);
  let kept = draftOf(listing?.id ?? 'new');
  const original = listing ? toFields(listing) : BLANK;
  const restored = kept.read() && { ...BLANK_DETAILS, ...kept.read() };
  const first = restored ?? original;
  let written = listing; // As the API has it.
  let shelf;
  const saved = await dialog(t(listing ? 'own.edit.title' : 'own.new'), (close) => {
    const preview = h('div', { class: 'preview', 'aria-hidden': 'true' });
    const picture = h('div', { class: 'fan-picture' });
    const text = h('div', { class: 'fan-text' });
    let fields = null;
    let coverItem = null;
    const show = (values) => {
      const shown = {
        id: listing?.id ?? 'new',
        title: values.title.trim() || t('own.preview.title'),
        city: values.city.trim() || t('own.preview.city'),
        deal_type: values.deal_type,
        property_type: values.property_type,
        price: Number(priceInput(values.price)) || 0,
        details: readDetails(values),
        photos: coverItem?.photo ? [coverItem.photo] : [],
      };
      const chosen = !coverItem?.photo && coverItem?.preview;
      picture.replaceChildren(chosen ? h('img', { class: 'photo', src: chosen, alt: '' }) : cover(shown, '230px'));
      text.replaceChildren(priceTag(shown), h('p', { class: 'fan-title' }, shown.title), facts(shown));
    };
    const now = () => Object.fromEntries(new FormData(fields));
    /** Keeps what is not saved; nothing to keep, nothing kept. */
    const keep = () => {
      const values = now();
      if (sameFields(values, original) && !shelf.waiting.length) kept.drop();
      else kept.keep(values);
      show(values);
    };
    preview.append(h('p', { class: 'muted small' }, t('own.preview')), h('div', { class: 'fan-card' }, picture, text));
    const startOver = () => {
      shelf.clear();
      kept.drop();
      for (const control of fields.elements) {
        if (control.type === 'radio') control.checked = control.value === original[control.name];
        else if (control.type === 'checkbox') control.checked = control.name in original;
        else if (control.name) control.value = original[control.name];
      }
      notice.remove();
      show(original);
      fields.elements.title.focus();
    };
    const notice = restored && h('div', { class: 'restored' },
      h('p', null, t('own.draft')), button(t('own.draft.drop'), { onclick: startOver }));
    let wasWaiting = '';
    shelf = photoShelf({
      listingId: listing?.id,
      photos: listing?.photos ?? [],
      onchange: (item) => {
        coverItem = item;
        if (!fields) return;
        const files = shelf.waiting;
        const isWaiting = files.map(({ name, size, lastModified }) => `${name} ${size} ${lastModified}`).join();
        if (isWaiting !== wasWaiting) kept.keepPhotos(files);
        wasWaiting = isWaiting;
        keep();
      },
    });
    const keyOf = keyMaker();
    fields = form([
      notice,
      field('title', { value: first.title, required: true, maxlength: 255, autofocus: true }),
      h('div', { class: 'pair' },
        cityField({ value: first.city, required: true }),
        field('price', { value: first.price, required: true, inputmode: 'decimal' })),
      choice('deal_type', dealOptions(), first.deal_type),
      choice('property_type', typeOptions(), first.property_type, { look: 'chips' }),
      shelf.node,
      detailsPart(first),
      h('label', { class: 'check' },
        h('input', { type: 'checkbox', name: 'is_active', checked: 'is_active' in first }), h('span', null, t('field.is_active'))),
      h('div', { class: 'row row-end' },
        button(t('cancel'), { onclick: () => { kept.drop(); close(); } }),
        h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, t('save')))),
    ], async (values) => {
      const { title, city, deal_type, property_type, price, is_active, coordinates } = values;
      if (coordinates.trim() && !coordinatesIn(coordinates)) {
        openDetails(fields);
        markInvalid(fields.elements.coordinates, t('invalid.coordinates'));
        return fields.elements.coordinates.focus();
      }
      const told = { title, city, deal_type, property_type, price: priceInput(price), is_active: is_active === 'on', details: readDetails(values) };
      try {
        written = await (written ? api.updateListing(written.id, told) : api.createListing(told, keyOf(told)));
      } catch (error) {
        if (error.fields?.some(({ name }) => name in BLANK_DETAILS)) openDetails(fields);
        throw error;
      }
      kept.drop();
      kept = draftOf(written.id); // What is not sent yet belongs to the listing that is there now.
      const isAll = await shelf.attach(written.id);
      if (isAll) {
        kept.drop();
        return close(written);
      }
      kept.keep(values);
      kept.keepPhotos(shelf.waiting);
      toast(t('photos.unsent'), { kind: 'error' });
    }, { oninput: keep });
    show(first);
    if (restored) kept.readPhotos().then(shelf.choose);
    else kept.dropPhotos();
    return h('div', { class: 'editor' }, fields, preview);
  }, { look: 'dialog-wide' });
  shelf.close();
  if (saved || shelf.changed || written !== listing) done({ ...written, photos: shelf.photos }, Boolean(saved));
  if (!saved && kept.read()) toast(t('own.draft.kept'));
}

/** One key for each content: the same listing sent again after a lost answer makes no second one. */
function keyMaker() {
  let last = { content: '', key: '' };
  return (told) => {
    const content = JSON.stringify(told);
    if (content !== last.content) last = { content, key: newKey() };
    return last.key;
  };
}

/** What is wrong must be seen. */
const openDetails = (fields) => { fields.querySelector('.more-fields').open = true; };
