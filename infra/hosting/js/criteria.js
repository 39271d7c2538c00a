/** What a person looks for, as fields of a form and as the API has it: in preferences, in lists and in saved searches. */

import { cityField } from './cities.js';
import { h } from './dom.js';
import { money, priceInput } from './format.js';
import { t } from './i18n.js';
import { choice, dealOptions, field, typeOptions } from './ui.js';

const BOUNDS = ['price_min', 'price_max'];

/** @param {object|null} criteria as the API has it: {city, deal_type, …} */
export function criteriaFields(criteria) {
  const any = ['', t('any')];
  const bound = (name, from) => field(name, { value: from?.[name] ?? '', inputmode: 'decimal' });
  return [
    cityField({ value: criteria?.city ?? '', placeholder: t('field.city.any') }),
    choice('deal_type', [any, ...dealOptions()], criteria?.deal_type ?? ''),
    choice('property_type', [any, ...typeOptions()], criteria?.property_type ?? '', { look: 'chips' }),
    h('div', { class: 'pair' }, BOUNDS.map((name) => bound(name, criteria))),
  ];
}

/** The fields' values as the API takes them; an empty one is null, which is any. */
export function readCriteria(values) {
  const wish = (name, read = (text) => text) => read((values[name] ?? '').trim()) || null;
  return {
    city: wish('city'),
    deal_type: wish('deal_type'),
    property_type: wish('property_type'),
    ...Object.fromEntries(BOUNDS.map((name) => [name, wish(name, priceInput)])),
  };
}

/** The same without its empty places: for an address and for the query of a list. */
export const flat = (criteria) =>
  Object.fromEntries(Object.entries(criteria).filter(([, value]) => value !== null && value !== undefined && value !== ''));

/** What `flat` has made, from an address. */
export const fromQuery = (query) => readCriteria(Object.fromEntries(query));

/** "Astana · Rent · Flat · from 100 000 ₸" */
export function summary(criteria) {
  if (!criteria) return t('feed.all');
  const { city, deal_type, property_type, price_min, price_max } = criteria;
  const set = (value) => value !== null && value !== undefined;
  const words = [
    city,
    deal_type && t(`deal.${deal_type}`),
    property_type && t(`type.${property_type}`),
    set(price_min) && t('pref.from', { price: money(price_min) }),
    set(price_max) && t('pref.to', { price: money(price_max) }),
  ];
  return words.filter(Boolean).join(' · ') || t('feed.all');
}

/** An error about the whole: a lower bound above its upper one. */
export const explainCriteria = (error) =>
  (error.fields?.some(({ name, type }) => !name && type === 'value_error') ? t('invalid.range') : null);
