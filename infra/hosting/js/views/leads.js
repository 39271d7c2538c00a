/** Leads as both sides see them: the lists, and what they share. */

import { api } from '../api.js';
import { h } from '../dom.js';
import { ago, phone } from '../format.js';
import { cover } from '../gallery.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { badge, button, choice, contacts, emptyState, facts, heading, listingRow, pagedList, priceTag, toast, toastError } from '../ui.js';
import { news } from './notifications.js';

const PAGE = 12;
const STATUSES = ['new', 'in_progress', 'closed'];
const SOON_TRIES = 6;
const INCLUDE = `listing,contact,conversation,${api.INCLUDE}`;
const TOLD = ['lead.new', 'lead.status', 'message.new'];

// --- The tenant's ---

export function myLeads({ deck, signal, go }) {
  const soon = h('p', { class: 'soon', role: 'status' });
  const place = h('div');
  const load = async (cursor) => {
    await deck.idle(); // A like that is still on its way belongs here too.
    const page = await api.myLeads({ limit: PAGE, cursor, include: INCLUDE }, { signal });
    for (const { listing_id } of page.items) deck.liked.delete(listing_id);
    return page;
  };

  function show() {
    place.replaceChildren(pagedList({
      signal,
      load,
      row: myRow,
      empty: () => emptyState({
        name: 'inbox', title: t('leads.empty'), text: t('leads.empty.text'),
        actions: [button(t('leads.empty.action'), { kind: 'primary', icon: 'cards', onclick: () => go('feed') })],
      }),
    }));
  }

  /** Likes become leads a moment later: look again until they are there. */
  async function watch() {
    await deck.idle();
    for (let attempt = 1; attempt <= SOON_TRIES && deck.liked.size && !signal.aborted; attempt += 1) {
      soon.textContent = t('leads.soon');
      await new Promise((resolve) => { setTimeout(resolve, 500 * attempt); });
      const { items } = await api.myLeads({ limit: PAGE }, { signal });
      if (items.some(({ listing_id }) => deck.liked.delete(listing_id))) show();
    }
    deck.liked.clear();
    soon.textContent = '';
  }

  follow(() => place.firstChild, load, signal);
  show();
  setTimeout(() => watch().catch(() => { soon.textContent = ''; }), 400); // The list says what went wrong.
  return h('div', { class: 'page' }, heading(t('leads.title'), t('leads.text')), soon, place);
}

/** A listing can be gone for good, with its owner's account. */
const GONE = { is_active: false, city: '', price: 0, deal_type: 'sale', property_type: 'flat' };

function myRow({ id, listing, contact, conversation, status, created_at }) {
  const row = listingRow(listing ?? { ...GONE, id, title: t('leads.gone') },
    h('div', { class: 'lead-state' },
      stage(status),
      !listing?.is_active && badge(t('leads.inactive'), 'off'),
      h('span', { class: 'muted small' }, t('leads.sent', { when: ago(created_at) }))),
    contact && h('div', { class: 'person' }, h('p', null, h('span', { class: 'muted' }, `${t('leads.owner')}: `), h('strong', null, contact.name)), contacts(contact, phone)),
    talkLink(id, contact, conversation));
  row.dataset.lead = id;
  return row;
}

// --- The owner's ---

export function leadsForMe({ query, signal, go }) {
  const status = STATUSES.includes(query.get('status')) ? query.get('status') : '';
  const filter = choice('status', [['', t('work.all')], ...STATUSES.map((value) => [value, t(`status.${value}`)])], status, {
    label: t('work.filter'),
    onchange: ({ target }) => { refocus = true; go(target.value ? `leads?status=${target.value}` : 'leads'); },
  });
  filter.classList.add('filter');
  const load = (cursor) => api.leadsForMe({ limit: PAGE, cursor, status, include: INCLUDE }, { signal });
  const list = pagedList({
    signal,
    load,
    row: workRow,
    empty: () => (status
      ? emptyState({ name: 'inbox', title: t('work.empty.filter') })
      : emptyState({ name: 'inbox', title: t('work.empty'), text: t('work.empty.text') })),
  });
  follow(() => list, load, signal);
  if (refocus) queueMicrotask(() => filter.querySelector(':checked').focus());
  refocus = false;
  return h('div', { class: 'page' }, heading(t('work.title'), t('work.text')), filter, list);
}

let refocus = false; // The filter redraws the view: arrow keys go on from the chosen one.

/** A lead with its listing and the tenant's contacts, and its status as a switch. */
function workRow(lead) {
  const { id, listing, contact, conversation } = lead;
  const name = contact?.name ?? t('talk.nobody');
  return h('li', { class: 'item item-lead', 'data-lead': id },
    h('div', { class: 'thumb' }, cover(listing ?? { ...GONE, id })),
    h('div', { class: 'item-body' },
      h('div', { class: 'lead-head' }, h('h2', { class: 'item-title' }, name), h('span', { class: 'muted small' }, ago(lead.created_at))),
      contact && contacts(contact, phone),
      talkLink(id, contact, conversation),
      listing && [
        h('p', { class: 'about' }, h('strong', null, listing.title), !listing.is_active && badge(t('leads.inactive'), 'off')),
        priceTag(listing), facts(listing),
      ]),
    statusSwitch(lead, name));
}

// --- What both share ---

/** Brings a list up to date when the bell tells of leads: new ones on top, and what has changed of those that are shown. */
function follow(list, load, signal) {
  news.addEventListener('told', async ({ detail }) => {
    if (!detail.some(({ type }) => TOLD.includes(type))) return;
    const { items } = await load(null).catch(() => ({ items: [] })); // The next news will bring it.
    if (signal.aborted) return;
    for (const lead of items.toReversed()) {
      const row = list().querySelector(`[data-lead="${lead.id}"]`);
      if (row) renew(row, lead);
      else list().prepend(lead);
    }
  }, { signal });
}

function renew(row, { id, contact, conversation, status }) {
  const parts = { '.talk-link': talkLink(id, contact, conversation), '.stage': stage(status) };
  for (const [selector, now] of Object.entries(parts)) {
    const shown = row.querySelector(selector);
    if (shown && shown.textContent !== now.textContent) shown.replaceWith(now);
  }
}

/** Leads to the conversation: what was written last, and how much is unread. */
function talkLink(id, contact, { unread, last_message: last }) {
  const name = contact?.name ?? t('talk.nobody');
  return h('a', { class: `talk-link${unread ? ' is-unread' : ''}`, href: `#/leads/${id}` },
    icon('chat'),
    h('span', { class: 'talk-last' }, last ? last.text : t('talk.start', { name })),
    unread > 0 && h('span', { class: 'count' }, unread, h('span', { class: 'visually-hidden' }, ` ${t('talk.unread')}`)));
}

/** How far the owner is: new → in progress → closed. */
export const stage = (status) =>
  h('span', { class: `stage stage-${status}`, 'aria-label': t('leads.stage', { status: t(`status.${status}`) }), role: 'img' },
    h('i'), h('i'), h('i'), h('b', null, t(`status.${status}`)));

export function statusSwitch(lead, name, onsaved = () => {}) {
  let saved = lead.status;
  let last = Promise.resolve(); // One change after the other, so that the latest wins.
  const node = choice(`status-${lead.id}`, STATUSES.map((value) => [value, t(`status.${value}`)]), saved, {
    label: t('work.status', { name }),
    onchange: ({ target: { value } }) => {
      node.dataset.status = value;
      last = last.then(async () => {
        try {
          saved = (await api.setLeadStatus(lead.id, value)).status;
          onsaved(saved);
          toast(t('work.changed', { name, status: t(`status.${saved}`) }), { kind: 'good' });
        } catch (error) {
          node.querySelector(`[value=${saved}]`).checked = true;
          node.dataset.status = saved;
          toastError(error);
        }
      });
    },
  });
  node.classList.add('status');
  node.dataset.status = saved;
  return node;
}
