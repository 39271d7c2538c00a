/** What a person looks for, as fields of a form and as the API has it: in preferences, in lists and in saved searches. */

import { cityField } from './cities.js';
import { h } from './dom.js';
import { money, number, numberInput, priceInput } from './format.js';
import { t } from './i18n.js';
import { choice, dealOptions, field, typeOptions } from './ui.js';

const BOUNDS = ['price_min', 'price_max'];
const FILTER_BOUNDS = ['rooms_min', 'rooms_max', 'area_min', 'area_max'];

/** @param {object|null} criteria as the API has it: {city, deal_type, …, filters} */
export function criteriaFields(criteria) {
  const any = ['', t('any')];
  const filters = criteria?.filters ?? {};
  const bound = (name, from) => field(name, { value: from?.[name] ?? '', inputmode: 'decimal' });
  return [
    cityField({ value: criteria?.city ?? '', placeholder: t('field.city.any') }),
    choice('deal_type', [any, ...dealOptions()], criteria?.deal_type ?? ''),
    choice('property_type', [any, ...typeOptions()], criteria?.property_type ?? '', { look: 'chips' }),
    h('div', { class: 'pair' }, BOUNDS.map((name) => bound(name, criteria))),
    h('div', { class: 'pair' }, bound('rooms_min', filters), bound('rooms_max', filters)),
    h('div', { class: 'pair' }, bound('area_min', filters), bound('area_max', filters)),
    h('label', { class: 'check' },
      h('input', { type: 'checkbox', name: 'with_photos', checked: filters.with_photos === true }), h('span', null, t('field.with_photos'))),
  ];
}

/** The fields' values as the API takes them; an empty one is null, which is any. */
export function readCriteria(values) {
  const wish = (name, read = (text) => text) => read((values[name] ?? '').trim()) || null;
  const filters = Object.fromEntries(FILTER_BOUNDS.map((name) => [name, wish(name, numberInput)]));
  return {
    city: wish('city'),
    deal_type: wish('deal_type'),
    property_type: wish('property_type'),
    ...Object.fromEntries(BOUNDS.map((name) => [name, wish(name, priceInput)])),
    filters: { ...filters, with_photos: values.with_photos ? true : null },
  };
}

/** The name of a "from" that is above its "to", if there is one: a list finds nothing then, and does not say why. */
export function reversed(criteria) {
  const bounds = flat(criteria);
  return ['price', 'rooms', 'area'].map((name) => `${name}_min`).find((low) => Number(bounds[low]) > Number(bounds[low.replace('min', 'max')]));
}

/** One's own answer to "how many rooms?": `4` means four or more. */
export const ROOMS = ['1', '2', '3', '4'];
export const roomsFilter = (rooms) => (rooms ? { rooms_min: Number(rooms), rooms_max: rooms === ROOMS.at(-1) ? null : Number(rooms) } : {});

/** The same without its empty places and without levels: for an address and for the query of a list. */
export const flat = ({ filters, ...criteria }) =>
  Object.fromEntries(Object.entries({ ...criteria, ...filters }).filter(([, value]) => value !== null && value !== undefined && value !== ''));

/** What `flat` has made, from an address. */
export const fromQuery = (query) => readCriteria(Object.fromEntries(query));

/** "Astana · Rent · Flat · from 100 000 ₸ · 2–3 rooms" */
export function summary(criteria) {
  if (!criteria) return t('feed.all');
  const { city, deal_type, property_type, price_min, price_max, filters } = criteria;
  const set = (value) => value !== null && value !== undefined;
  const words = [
    city,
    deal_type && t(`deal.${deal_type}`),
    property_type && t(`type.${property_type}`),
    set(price_min) && t('pref.from', { price: money(price_min) }),
    set(price_max) && t('pref.to', { price: money(price_max) }),
    range(filters?.rooms_min, filters?.rooms_max, 'criteria.rooms'),
    range(filters?.area_min, filters?.area_max, 'criteria.area'),
    filters?.with_photos && t('criteria.photos'),
  ];
  return words.filter(Boolean).join(' · ') || t('feed.all');
}

function range(low, high, key) {
  const [from, to] = [low, high].map((bound) => (typeof bound === 'number' ? number(bound) : bound));
  if (!from && !to) return null;
  if (from === to) return t(key, { range: from });
  if (!to) return t(key, { range: t('pref.from', { price: from }) });
  return t(key, { range: from ? `${from}–${to}` : t('pref.to', { price: to }) });
}

/** An error about the whole: a lower bound above its upper one. */
export const explainCriteria = (error) =>
  (error.fields?.some(({ name, type }) => (!name || name === 'filters') && type === 'value_error') ? t('invalid.range') : null);
