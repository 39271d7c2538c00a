/** The admin's tables: who is here, what is offered, and what admins have changed of others. */

import { api } from '../api.js';
import { cityField } from '../cities.js';
import { h } from '../dom.js';
import { ago, date, money, phone } from '../format.js';
import { has, t } from '../i18n.js';
import { icon } from '../icons.js';
import { badge, busy, button, confirmed, emptyState, field, form, heading, markInvalid, pagedList, toast, toastError } from '../ui.js';
import { published } from './owner.js';

const PAGE = 20;
const NAME_PAGES = 10;
const ROLES = ['tenant', 'landlord', 'agent', 'admin'];

/** A table whose cells carry their column's name, so that a phone can show each row as a card. */
function table(label, columns) {
  const body = h('tbody');
  const frame = h('div', { class: 'table-frame' },
    h('table', { 'aria-label': label },
      h('thead', null, h('tr', null, columns.map((name) => h('th', { scope: 'col' }, t(name))))), body));
  return { body, frame };
}

/**
 * Names of users by id, as far as the list of users has been read: the listings' owners are among them.
 * The list is read on, page by page, only while an owner is unknown.
 */
const names = new Map();
const reading = { cursor: null, pages: 0, done: false };

async function learnNames(ids) {
  while (!reading.done && ids.some((id) => !names.has(id))) {
    const { items, next } = await api.users({ limit: 100, cursor: reading.cursor });
    for (const { id, name } of items) names.set(id, name);
    reading.cursor = next;
    reading.pages += 1;
    reading.done = !next || reading.pages >= NAME_PAGES;
  }
}

const cell = (name, ...children) => h('td', { 'data-label': t(name) }, children);

// --- Users ---

export function users({ user: me, query, signal, go }) {
  const filter = Object.fromEntries(['role', 'email', 'phone'].map((name) => [name, query.get(name) ?? '']));
  const { body, frame } = table(t('admin.users'), ['admin.user', 'admin.role', 'admin.state', 'admin.since', 'admin.actions']);
  const roles = [['', t('admin.all')], ...ROLES.map((role) => [role, t(`role.${role}`)])];
  const bar = filterBar('users', [
    field('role', { label: t('admin.role'), options: roles, value: filter.role }),
    field('email', { value: filter.email, inputmode: 'email', hint: t('admin.whole') }),
    field('phone', { type: 'tel', value: filter.phone, hint: t('field.phone.hint') }),
  ], go, (values) => api.users({ ...values, limit: 1 }, { signal }));
  return h('div', { class: 'page page-wide' },
    heading(t('admin.users')),
    bar,
    pagedList({
      signal, into: body, frame,
      load: (cursor) => api.users({ ...filter, limit: PAGE, cursor }, { signal }),
      row: (user) => {
        names.set(user.id, user.name);
        return userRow(user, me, go);
      },
      empty: () => emptyState({ name: 'users', title: t('admin.empty') }),
    }));
}

/**
 * Filters above a list, which go into the view's address.
 * @param {(values: object) => boolean|Promise} check gives false, or throws the API's error, when they must not
 */
function filterBar(view, fields, go, check) {
  return form([
    fields,
    h('div', { class: 'row' },
      h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, t('admin.apply'))),
      button(t('admin.reset'), { onclick: () => go(view) })),
  ], async (values) => {
    const wanted = Object.entries(values).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value);
    if ((await check(Object.fromEntries(wanted))) === false) return;
    go(wanted.length ? `${view}?${new URLSearchParams(wanted)}` : view);
  }, { class: 'filters panel', 'aria-label': t('admin.filters'), role: 'search' });
}

function userRow(first, me, go) {
  const row = h('tr');
  const lastAdmin = (error) => (error.status === 409 ? toast(t('admin.last'), { kind: 'error' }) : toastError(error));

  const draw = (user) => {
    const { id, name, role, email, is_active } = user;
    const self = id === me.id;
    const select = h('select', { class: 'small-select', 'aria-label': t('admin.role.of', { name }), onchange: () => { save.hidden = select.value === role; } },
      ROLES.map((value) => h('option', { value, selected: value === role }, t(`role.${value}`))));
    const change = (control, update, said) => busy(control, async () => {
      const now = await api.updateUser(id, update);
      draw(now);
      row.querySelector('select').focus();
      toast(said(now), { kind: 'good' });
    }, (error) => { select.value = role; save.hidden = true; lastAdmin(error); });
    const save = button(t('save'), {
      kind: 'primary', hidden: true, 'data-save': true,
      onclick: async () => {
        if (self && !(await confirmed(t('admin.role.ask'), t('admin.self.text'), t('save')))) return;
        change(save, { role: select.value }, (now) => t('admin.role.saved', { name, role: t(`role.${now.role}`) }));
      },
    });
    const access = is_active
      ? button(t('admin.deactivate'), {
        icon: 'hide', 'aria-label': t('admin.deactivate.label', { name }),
        onclick: async ({ currentTarget }) => {
          if (await confirmed(t('admin.deactivate.ask'), self ? t('admin.self.text') : t('admin.deactivate.text', { name }), t('admin.deactivate'))) {
            change(currentTarget, { is_active: false }, () => t('admin.deactivated', { name }));
          }
        },
      })
      : button(t('admin.activate'), {
        icon: 'eye', 'aria-label': t('admin.activate.label', { name }),
        onclick: ({ currentTarget }) => change(currentTarget, { is_active: true }, () => t('admin.activated', { name })),
      });
    row.className = is_active ? '' : 'is-off';
    row.dataset.user = id;
    row.replaceChildren(
      cell('admin.user',
        h('div', null,
          h('strong', { class: 'who' }, name), self && badge(t('admin.you'), 'info'),
          h('p', { class: 'muted small' }, [email, user.phone && phone(user.phone)].filter(Boolean).join(' · ') || '—'))),
      cell('admin.role', h('div', { class: 'row' }, select, save)),
      cell('admin.state', is_active ? badge(t('user.active'), 'good') : badge(t('user.inactive'), 'off')),
      cell('admin.since', date(user.created_at)),
      cell('admin.actions', h('div', { class: 'row' },
        access,
        button(t('audit.of'), { icon: 'list', 'aria-label': t('audit.of.label', { name }), onclick: () => go(`audit?user_id=${id}`) }),
        (role === 'landlord' || role === 'agent') && button(t('admin.theirs'), {
          icon: 'home', 'aria-label': t('admin.theirs.label', { name }), onclick: () => go(`listings?owner_id=${id}`),
        }))));
  };
  draw(first);
  return row;
}

// --- Listings ---

export function listings({ query, signal, go }) {
  const filter = Object.fromEntries(['city', 'owner_id', 'is_active'].map((name) => [name, query.get(name) ?? '']));
  const { body, frame } = table(t('admin.listings'), ['admin.listing', 'admin.price', 'admin.state', 'admin.owner', 'admin.created', 'admin.actions']);
  const ownerField = field('owner_id', { value: filter.owner_id, inputmode: 'numeric', oninput: () => markInvalid(owner, null) });
  const owner = ownerField.querySelector('input');
  const ownerButtons = [];
  const refuseOwner = () => {
    markInvalid(owner, t('invalid.owner'));
    owner.focus();
  };
  /** Puts names where the numbers are, as soon as they are known. */
  const showNames = () => {
    for (const { id, draw } of ownerButtons) if (names.has(id)) draw(names.get(id));
    const filtered = isOwnerId(owner.value) && names.get(Number(owner.value));
    if (filtered && owner.value.trim() === filter.owner_id) {
      ownerField.querySelector('.note').dataset.hint = filtered;
      markInvalid(owner, null);
    }
  };
  if (!isOwnerId(filter.owner_id)) {
    filter.owner_id = '';
    queueMicrotask(refuseOwner);
  }
  const states = [['', t('admin.all')], ['true', t('listing.active')], ['false', t('listing.inactive')]];
  const bar = filterBar('listings', [
    cityField({ value: filter.city, placeholder: t('field.city.any') }),
    ownerField,
    field('is_active', { label: t('field.state'), options: states, value: filter.is_active }),
  ], go, () => {
    if (isOwnerId(owner.value)) return true;
    refuseOwner();
    return false;
  });

  return h('div', { class: 'page page-wide' },
    heading(t('admin.listings')),
    bar,
    pagedList({
      signal, into: body, frame,
      load: async (cursor) => {
        const page = await api.allListings({ ...filter, limit: PAGE, cursor }, { signal });
        learnNames(page.items.map(({ owner_id }) => owner_id)).then(showNames, () => {}); // The numbers stay.
        return page;
      },
      row: (listing) => adminRow(listing, go, ownerButtons),
      empty: () => emptyState({ name: 'home', title: t('admin.empty') }),
    }));
}

/** Whether the API takes it as an owner's id; empty is any owner. */
const isOwnerId = (text) => /^(0*[1-9]\d*)?$/.test(text.trim()) && Number(text) <= Number.MAX_SAFE_INTEGER;

/** The owner's name, or their number until it is known; leads to their listings. */
function ownerButton(id, go) {
  const node = h('button', { type: 'button', class: 'link owner', onclick: () => go(`listings?owner_id=${id}`) });
  const draw = (name) => {
    node.textContent = name;
    node.title = `№ ${id}`;
    node.setAttribute('aria-label', t('admin.theirs.label', { name }));
  };
  draw(names.get(id) ?? `№ ${id}`);
  return { id, node, draw };
}

function adminRow(first, go, ownerButtons) {
  const row = h('tr');
  const owner = ownerButton(first.owner_id, go);
  ownerButtons.push(owner);
  const draw = (listing) => {
    const { id, title, city, deal_type, property_type, price, is_active } = listing;
    const toggle = button(t(is_active ? 'admin.hide' : 'admin.show'), {
      icon: is_active ? 'hide' : 'eye',
      'aria-label': t(is_active ? 'own.deactivate.label' : 'own.activate.label', { title }),
      onclick: () => busy(toggle, async () => {
        draw(await published(listing, !is_active));
        row.querySelector('td:last-child button').focus();
        toast(t(is_active ? 'own.deactivated' : 'own.activated', { title }), { kind: 'good' });
      }),
    });
    row.className = is_active ? '' : 'is-off';
    row.dataset.listing = id;
    row.replaceChildren(
      cell('admin.listing', h('div', { class: 'what' }, icon(property_type),
        h('div', null, h('strong', null, title), h('p', { class: 'muted small' }, `${city} · ${t(`deal.${deal_type}`)} · ${t(`type.${property_type}`)}`)))),
      cell('admin.price', h('span', { class: 'figure' }, money(price))),
      cell('admin.state', is_active ? badge(t('listing.active'), 'good') : badge(t('listing.inactive'), 'off')),
      cell('admin.owner', owner.node),
      cell('admin.created', date(listing.created_at)),
      cell('admin.actions', toggle));
  };
  draw(first);
  return row;
}

// --- The audit ---

/** How a value of the audit reads; what has none is a dash. */
function valueText(name, value) {
  if (value === null || value === undefined) return '—';
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (name === 'price' || name === 'deposit') return money(value);
  const kind = { role: 'role', status: 'status', deal_type: 'deal', property_type: 'type' }[name];
  return kind ? t(`${kind}.${value}`) : String(value);
}

const FIELD_TEXTS = { role: 'admin.role', status: 'field.state', is_active: 'audit.is_active' };

function changeText(name, before, after) {
  const key = FIELD_TEXTS[name] ?? `field.${name}`;
  const label = has(key) ? t(key) : name;
  const was = name in before ? `${valueText(name, before[name])} → ` : '';
  return `${label}: ${was}${valueText(name, after[name])}`;
}

export function audit({ query, signal, go }) {
  const filter = Object.fromEntries(['admin_id', 'user_id'].map((name) => [name, isOwnerId(query.get(name) ?? '') ? query.get(name) ?? '' : '']));
  const named = []; // What shows a name as soon as it is known.
  const who = (id) => {
    const { node, draw } = person(id, go);
    named.push({ id, draw });
    return node;
  };
  const { body, frame } = table(t('audit.title'), ['audit.when', 'audit.what', 'audit.whose', 'audit.who', 'audit.changes']);
  return h('div', { class: 'page page-wide' },
    heading(t('audit.title'), t('audit.text'), (filter.admin_id || filter.user_id) && button(t('admin.reset'), { onclick: () => go('audit') })),
    pagedList({
      signal, into: body, frame,
      load: async (cursor) => {
        const page = await api.audit({ ...filter, limit: PAGE, cursor }, { signal });
        const ids = page.items.flatMap(({ admin_id, user_id }) => [admin_id, user_id]).filter(Boolean);
        learnNames(ids).then(() => { for (const { id, draw } of named) if (names.has(id)) draw(names.get(id)); }, () => {}); // The numbers stay.
        return page;
      },
      row: ({ id, created_at, action, admin_id, user_id, listing_id, before, after }) => h('tr', { 'data-audit': id },
        cell('audit.when', h('time', { datetime: created_at, title: created_at }, ago(created_at))),
        cell('audit.what', h('span', null, has(`audit.${action}`) ? t(`audit.${action}`) : action,
          listing_id && [' ', h('a', { href: `#/listing/${listing_id}` }, t('audit.listing'))])),
        cell('audit.whose', who(user_id)),
        cell('audit.who', admin_id ? who(admin_id) : t('audit.operator')),
        cell('audit.changes', h('ul', { class: 'changes' }, Object.keys(after).map((name) => h('li', null, changeText(name, before, after)))))),
      empty: () => emptyState({ name: 'list', title: t('audit.empty'), text: t('audit.empty.text') }),
    }));
}

/** The name of a user, or their number until it is known; leads to what was changed of theirs. */
function person(id, go) {
  const node = h('button', { type: 'button', class: 'link owner', onclick: () => go(`audit?user_id=${id}`) });
  const draw = (name) => {
    node.textContent = name;
    node.title = `№ ${id}`;
  };
  draw(names.get(id) ?? `№ ${id}`);
  return { node, draw };
}
