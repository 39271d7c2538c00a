/** Money, dates and names in the reader's language. */

import { locale, t } from './i18n.js';

/** "250 000 ₸"; the cents only where there are some. */
export function money(amount) {
  const value = Number(amount);
  const digits = Number.isInteger(value) ? 0 : 2;
  return new Intl.NumberFormat(locale(), {
    style: 'currency',
    currency: 'KZT',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** "54,5" */
export const number = (value) => new Intl.NumberFormat(locale()).format(value);

/** "3 hours ago" for the last days, a date before that. */
export function ago(iso) {
  const minutes = Math.round((Date.parse(iso) - Date.now()) / 60_000);
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  if (minutes > -1) return t('time.now');
  if (minutes > -60) return relative.format(minutes, 'minute');
  if (minutes > -60 * 24) return relative.format(Math.round(minutes / 60), 'hour');
  if (minutes > -60 * 24 * 7) return relative.format(Math.round(minutes / 60 / 24), 'day');
  return date(iso);
}

export const date = (iso) =>
  new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(iso));

/** "14:05" for today, with the day before that. */
export function time(iso) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  const day = today ? {} : { day: 'numeric', month: 'short' };
  return new Intl.DateTimeFormat(locale(), { ...day, hour: '2-digit', minute: '2-digit' }).format(at);
}

/** "+7 701 123-45-67" for Kazakh numbers, others as they are. */
export const phone = (e164) => e164.replace(/^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/, '+7 $1 $2-$3-$4');

/** What a person types as a price: "250 000,50" → "250000.50". The API does the judging. */
export const priceInput = (text) => text.replace(/[\s\u00a0\u202f₸]/g, '').replace(',', '.');

/** What a person types as a number, as one; other texts as they are. */
export function numberInput(text) {
  const plain = priceInput(text);
  const value = Number(plain);
  return plain && Number.isFinite(value) ? value : plain;
}
