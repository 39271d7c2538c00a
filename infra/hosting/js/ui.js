/** What the views share: messages, dialogs, forms, lists. Nothing here knows of roles or listings' rules. */

import { ApiError } from './api.js';
import { h } from './dom.js';
import { money, number } from './format.js';
import { cover } from './gallery.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

// --- Errors in words ---

/** One sentence (or two) on what went wrong and what to do next. */
export function errorText(error) {
  if (!(error instanceof ApiError)) throw error; // A bug of ours: let it be seen.
  const { kind, status, retryAfter } = error;
  if (kind !== 'http') return t(`error.${kind}`);
  const detail = typeof error.detail === 'string' ? error.detail : '';
  const wait = retryAfter ? ` ${t('error.wait', { count: retryAfter })}` : '';
  if (status === 422) return detail ? t('error.422.plain', { detail }) : t('error.422');
  if (status === 409) return t('error.409', { detail });
  if ([401, 403, 404, 413].includes(status)) return t(`error.${status}`);
  if (status === 429 || status === 503) return t(`error.${status}`) + wait;
  if (status >= 500) return t('error.500', { status });
  return t('error.other', { status, detail });
}

/** Marks a control of `field()` with what is wrong with it, or with null as right again. */
export function markInvalid(control, text) {
  const note = control.closest('.field').querySelector('.note');
  note.textContent = text ?? note.dataset.hint;
  note.classList.toggle('is-error', Boolean(text));
  if (text) control.setAttribute('aria-invalid', 'true');
  else control.removeAttribute('aria-invalid');
}

/** A validation message of the API in the reader's language; the API's own words where we know no better. */
function fieldText({ name, type, msg }) {
  const [n] = msg.match(/\d[\d_]*(\.\d+)?/) ?? [''];
  const key = {
    missing: 'required',
    string_too_short: n === '1' ? 'required' : 'short',
    string_too_long: 'long',
    greater_than: 'more',
    greater_than_equal: 'atleast',
    less_than: 'less',
    less_than_equal: 'atmost',
    decimal_max_places: 'decimals',
    decimal_parsing: 'number',
    decimal_type: 'number',
    int_parsing: 'number',
    value_error: msg.endsWith('must be a number') ? 'number' : { email: 'email', phone: 'phone' }[name],
  }[type];
  return key ? t(`invalid.${key}`, { n }) : msg.replace(/^Value error, /, '');
}

// --- Messages ---

/** Says it to screen readers only. */
export function announce(text) {
  document.getElementById('announcer').textContent = text;
}

/**
 * A message that goes away by itself; errors stay longer and interrupt.
 * @param {object} [options] `kind`: 'info' | 'good' | 'error'; `action`: {label, run}
 */
export function toast(text, { kind = 'info', action } = {}) {
  const close = () => node.remove();
  const node = h('div', { class: `toast toast-${kind}` },
    icon(kind === 'error' ? 'alert' : 'check'),
    h('p', null, text),
    action && h('button', { type: 'button', class: 'toast-action', onclick: () => { close(); action.run(); } }, action.label),
    h('button', { type: 'button', class: 'toast-close', 'aria-label': t('close'), onclick: close }, icon('cross')));
  const region = document.getElementById(kind === 'error' ? 'toasts-alert' : 'toasts-status');
  region.replaceChildren(); // One of a kind at a time: the latest is what matters.
  region.append(node);

  // Time to read it, and no vanishing under the pointer or the focus.
  const linger = () => {
    if (node.matches(':hover, :focus-within')) setTimeout(linger, 1500);
    else close();
  };
  setTimeout(linger, kind === 'error' ? 12_000 : action ? 7000 : 4500);
}

/** Takes away messages that offer an action: it belonged to the view that has been left. */
export const dismissOffers = () => document.querySelectorAll('.toast:has(.toast-action)').forEach((node) => node.remove());

/** @param {object} [options] `lead`: what the error means here, said before its cause */
export const toastError = (error, { lead, ...options } = {}) =>
  toast([lead, errorText(error)].filter(Boolean).join(' '), { kind: 'error', ...options });

// --- Small parts ---

export const button = (label, { kind = 'plain', icon: name, ...props } = {}) =>
  h('button', { type: 'button', class: `button button-${kind}`, ...props }, name && icon(name), h('span', null, label));

export const badge = (text, kind) => h('span', { class: `badge badge-${kind}` }, text);

export const spinner = () => h('p', { class: 'loading', role: 'status' }, h('span', { class: 'spinner' }), t('loading'));

/** An empty or failed place that says what to do about it. */
export const emptyState = ({ name, title, text, actions = [] }) =>
  h('div', { class: 'empty' }, h('div', { class: 'empty-icon' }, icon(name)), h('h2', null, title), text && h('p', null, text), h('div', { class: 'row' }, actions));

export const errorState = (error, retry, title = t('error.page')) =>
  h('div', { role: 'alert' },
    emptyState({ name: 'alert', title, text: errorText(error), actions: [button(t('retry'), { kind: 'primary', icon: 'undo', onclick: retry })] }));

export const heading = (title, text, ...actions) =>
  h('div', { class: 'heading' },
    h('div', null, h('h1', { tabindex: '-1' }, title), text && h('p', { class: 'muted' }, text)),
    actions.length > 0 && h('div', { class: 'row' }, actions));

/** Runs an action of a button once at a time, and says what went wrong. */
export async function busy(control, action, onError = toastError) {
  if (control.getAttribute('aria-busy') === 'true') return;
  control.setAttribute('aria-busy', 'true');
  try {
    await action();
  } catch (error) {
    onError(error);
  } finally {
    control.removeAttribute('aria-busy');
  }
}

// --- Listings ---

export const priceTag = ({ price, deal_type }) =>
  h('p', { class: 'price' }, money(price), deal_type === 'rent' && h('span', { class: 'per' }, ` ${t('permonth')}`));

export const facts = ({ city, deal_type, property_type, details }) =>
  h('p', { class: 'facts' },
    h('span', null, icon('pin'), [city, details?.district].filter(Boolean).join(', ')),
    h('span', null, icon(property_type), t(`type.${property_type}`)),
    details?.rooms && h('span', null, t('criteria.rooms', { range: details.rooms })),
    details?.area && h('span', null, t('unit.area', { n: number(details.area) })),
    h('span', { class: `deal deal-${deal_type}` }, t(`deal.${deal_type}`)));

/** A listing as one row: picture, price, title, facts; `more` goes below. The title leads to all that is told of it. */
export const listingRow = (listing, ...more) =>
  h('li', { class: `item${listing.is_active ? '' : ' is-off'}`, 'data-listing': listing.id },
    h('div', { class: 'thumb' }, cover(listing)),
    h('div', { class: 'item-body' },
      h('h2', { class: 'item-title' }, listing.is_active ? h('a', { href: `#/listing/${listing.id}` }, listing.title) : listing.title),
      priceTag(listing), facts(listing), more));

/** Ways to reach somebody: {name, phone, email, telegram_id}. */
export function contacts({ phone, email, telegram_id }, show) {
  const link = (href, name, text, label) => h('a', { class: 'contact', href, 'aria-label': label }, icon(name), text);
  const ways = [
    phone && link(`tel:${phone}`, 'phone', show(phone), t('contact.call', { value: show(phone) })),
    email && link(`mailto:${email}`, 'mail', email, t('contact.write', { value: email })),
    telegram_id && link(`tg://user?id=${encodeURIComponent(telegram_id)}`, 'telegram', 'Telegram', t('contact.write', { value: 'Telegram' })),
  ].filter(Boolean);
  return h('div', { class: 'contacts' }, ways.length ? ways : h('span', { class: 'muted' }, t('contact.none')));
}

// --- Forms ---

let ids = 0;

/** A labelled input (with `rows`, of several lines; with `options`, a choice) with a place for its hint and its error. */
export function field(name, { label = t(`field.${name}`), hint, options, rows, ...props } = {}) {
  const id = `field-${++ids}`;
  const control = options
    ? h('select', { id, name, ...props }, options.map(([value, text]) => h('option', { value, selected: value === props.value }, text)))
    : rows ? h('textarea', { id, name, rows, ...props })
      : h('input', { id, name, type: 'text', autocomplete: 'off', ...props });
  control.setAttribute('aria-describedby', `${id}-note`);
  return h('div', { class: 'field' },
    h('label', { for: id }, label),
    control,
    h('p', { class: 'note', id: `${id}-note`, 'data-hint': hint ?? '' }, hint));
}

/** One choice of a few, as radio buttons that look like a switch. `options`: [[value, text, icon?], …] */
export function choice(name, options, value, { label = t(`field.${name}`), look = 'switch', onchange } = {}) {
  const id = `field-${++ids}`;
  return h('fieldset', { class: `field choice choice-${look}`, 'aria-describedby': `${id}-note` },
    h('legend', null, label),
    h('div', { class: 'choices' },
      options.map(([option, text, mark]) =>
        h('label', { class: 'option' },
          h('input', { type: 'radio', name, value: option, checked: option === value, onchange }),
          h('span', null, mark && icon(mark), text)))),
    h('p', { class: 'note', id: `${id}-note`, 'data-hint': '' }));
}

export const dealOptions = () => ['rent', 'sale'].map((deal) => [deal, t(`deal.${deal}`)]);
export const typeOptions = () => ['flat', 'house', 'room', 'commercial'].map((type) => [type, t(`type.${type}`), type]);

/**
 * A form that says beside each field what is wrong with it.
 * @param {(values: Object<string, string>) => Promise} submit gets the fields by name; may throw ApiError
 * @param {object} [options] `explain`: (ApiError) => text or null, for errors with a meaning of their own
 */
export function form(children, submit, { explain = () => null, ...props } = {}) {
  const summary = h('p', { class: 'form-error', role: 'alert' });
  const node = h('form', { novalidate: true, onsubmit, ...props }, children, summary);
  // What is being corrected is no longer wrong.
  node.addEventListener('input', ({ target }) => {
    if (target.matches('[aria-invalid]')) mark(target.name, null);
    if (!node.querySelector('[aria-invalid]')) summary.textContent = '';
  });

  const mark = (name, text) => {
    const control = node.elements[name];
    const first = control instanceof RadioNodeList ? control[0] : control;
    if (!first?.closest('.field')?.querySelector('.note')) return false;
    markInvalid(first, text);
    return true;
  };
  const focusFirst = () => node.querySelector('[aria-invalid]')?.focus();

  async function onsubmit(event) {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(node));
    summary.textContent = '';
    for (const name of new Set([...node.elements].map((element) => element.name).filter(Boolean))) mark(name, null);
    const missing = [...node.elements].filter((element) => element.required && !element.value.trim());
    for (const element of missing) mark(element.name, t('invalid.required'));
    if (missing.length) return focusFirst();

    const control = event.submitter ?? node.querySelector('[type=submit]');
    await busy(control, () => submit(values, event.submitter), (error) => {
      const loose = error.fields?.filter((problem) => !mark(problem.name, fieldText(problem))) ?? [];
      const marked = error.fields?.length > loose.length;
      summary.textContent = explain(error) ?? (loose.length && !marked ? loose.map(fieldText).join(' ') : errorText(error));
      focusFirst();
    });
  }
  return node;
}

// --- Dialogs ---

/** Opens a modal dialog; resolves with what `close(value)` was given, or undefined when it was dismissed. */
export function dialog(title, build, { look = '' } = {}) {
  return new Promise((resolve) => {
    let result;
    const close = (value) => { result = value; node.close(); };
    const id = `dialog-${++ids}`;
    const node = h('dialog', { class: `dialog ${look}`, 'aria-labelledby': id },
      h('div', { class: 'dialog-head' },
        h('h2', { id }, title),
        h('button', { type: 'button', class: 'round', 'aria-label': t('close'), onclick: () => node.close() }, icon('cross'))),
      build(close));
    node.addEventListener('close', () => { node.remove(); resolve(result); });
    // Leaving the page's route leaves the dialog too.
    addEventListener('hashchange', () => node.close(), { once: true });
    document.body.append(node);
    node.showModal();
  });
}

/** Asks before something is done. `text`: words, or nodes that say more; `kind`: 'danger' | 'primary'. */
export const confirmed = (title, text, label, kind = 'danger') =>
  dialog(title, (close) => [
    typeof text === 'string' ? h('p', null, text) : text,
    h('div', { class: 'row row-end' },
      button(t('cancel'), { onclick: () => close(false), autofocus: kind === 'danger' }),
      button(label, { kind, onclick: () => close(true), autofocus: kind === 'primary' })),
  ], { look: 'dialog-small' });

// --- Lists ---

/**
 * A list that loads page by page, following the API's Link header.
 * @param {object} options
 * @param {(cursor: string|null) => Promise<{items, next}>} options.load
 * @param {(item) => Node} options.row
 * @param {() => Node} options.empty
 * @param {Node} [options.into] where the rows go (a `ul` by default)
 * @param {Node} [options.frame] what shows around `into` when it is not the rows' own parent
 * @param {AbortSignal} options.signal aborted when the view is left
 */
export function pagedList({ load, row, empty, into = h('ul', { class: 'items' }), frame = into, signal }) {
  const status = h('p', { class: 'muted', role: 'status' });
  const more = button(t('more'), { onclick: () => next() });
  const foot = h('div', { class: 'list-foot' });
  const root = h('div', { class: 'list' }, spinner());
  const prepended = new Set(); // What was made while a page was on its way may be in it.
  let cursor = null;
  let shown = 0;

  async function next() {
    const first = !root.contains(frame);
    if (!first) foot.replaceChildren(spinner());
    try {
      const page = await load(cursor);
      const rows = page.items.filter(({ id }) => !prepended.has(id)).map(row);
      into.append(...rows);
      shown += rows.length;
      cursor = page.next;
      if (shown === 0) return root.replaceChildren(empty());
      status.textContent = `${t('shown', { count: shown })}${cursor ? '' : ` · ${t('shown.all')}`}`;
      foot.replaceChildren(status, cursor ? more : '');
      if (first) root.replaceChildren(frame, foot);
      else rows[0]?.querySelector('button, a, select')?.focus();
    } catch (error) {
      if (signal.aborted) return;
      (first ? root : foot).replaceChildren(errorState(error, () => { if (first) root.replaceChildren(spinner()); next(); }));
    }
  }

  next();
  return Object.assign(root, {
    /** Puts a new item on top. */
    prepend(item) {
      prepended.add(item.id);
      into.prepend(row(item));
      shown += 1;
      if (!root.contains(frame)) {
        foot.replaceChildren();
        root.replaceChildren(frame, foot);
      }
    },
    /** Shows the empty state once the last row has gone. */
    settle() {
      if (!into.children.length && !cursor) root.replaceChildren(empty());
    },
  });
}
