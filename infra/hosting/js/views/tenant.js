/** The tenant's lists: favorites, leads, preferences. */

import { api } from '../api.js';
import { cityField } from '../cities.js';
import { agreesToDisclosure } from '../disclosure.js';
import { h } from '../dom.js';
import { ago, phone, priceInput } from '../format.js';
import { t } from '../i18n.js';
import { badge, busy, button, choice, contacts, dealOptions, emptyState, errorState, field, form, heading, lane, listingRow, pagedList, spinner, toast, typeOptions } from '../ui.js';

const PAGE = 12;
const SOON_TRIES = 6;
const LEAD_PAGES = 5; // Of 100 each; asking about an older one again makes no second lead.

// --- Favorites ---

/** What the tenant has already asked the owners for: listing id → status of the lead. */
async function askedFor(signal) {
  const asked = new Map();
  let cursor = null;
  for (let page = 0; page < LEAD_PAGES; page += 1) {
    const { items, next } = await api.myLeads({ limit: 100, cursor }, { signal });
    for (const { listing_id, status } of items) asked.set(listing_id, status);
    if (!next) break;
    cursor = next;
  }
  return asked;
}

export function favorites({ user, deck, signal, go }) {
  // Without the leads, the list is still worth showing: asking twice makes no second lead.
  const asked = deck.idle().then(() => askedFor(signal)).catch(() => new Map());

  const empty = () => emptyState({
    name: 'star', title: t('fav.empty'), text: t('fav.empty.text'),
    actions: [button(t('leads.empty.action'), { kind: 'primary', icon: 'cards', onclick: () => go('feed') })],
  });
  const list = pagedList({
    signal, empty,
    load: async (cursor) => {
      const [{ items, next }, leads] = await Promise.all([api.favorites({ limit: PAGE, cursor }, { signal }), asked]);
      const statuses = new Map([...leads, ...[...deck.liked].filter((id) => !leads.has(id)).map((id) => [id, 'new'])]);
      return { items: items.map((listing) => ({ ...listing, asked: statuses.get(listing.id) })), next };
    },
    row: ({ asked: status, ...listing }) => {
      const state = h('div', { class: 'lead-state', role: 'status' });
      const showAsked = (now) => state.replaceChildren(
        h('span', null, t('fav.asked')), stage(now),
        h('a', { href: '#/leads', 'aria-label': t('fav.asked.label', { title: listing.title }) }, t('feed.toleads')));
      const ask = button(t('fav.lead'), {
        kind: 'soft', icon: 'inbox', 'aria-label': t('fav.lead.label', { title: listing.title }),
        onclick: () => busy(ask, async () => {
          if (!(await agreesToDisclosure(user))) return;
          const lead = await api.createLead(listing.id);
          (await asked).set(listing.id, lead.status);
          showAsked(lead.status);
          ask.remove();
          state.querySelector('a').focus();
          toast(t('fav.lead.done'), { kind: 'good', action: { label: t('feed.toleads'), run: () => go('leads') } });
        }),
      });
      if (status) showAsked(status);
      const row = listingRow(listing,
        state,
        h('div', { class: 'row' },
          !status && ask,
          button(t('fav.remove'), {
            icon: 'cross', 'aria-label': t('fav.remove.label', { title: listing.title }),
            onclick: ({ currentTarget }) => busy(currentTarget, async () => {
              await api.removeFavorite(listing.id);
              const next = row.nextElementSibling ?? row.previousElementSibling;
              row.remove();
              list.settle();
              (next?.querySelector('button') ?? document.querySelector('main h1')).focus();
              toast(t('fav.removed'), { action: { label: t('fav.restore'), run: () => restore(listing) } });
            }),
          })));
      return row;
    },
  });
  const restore = (listing) => busy(list, async () => {
    await api.addFavorite(listing.id);
    list.prepend({ ...listing, asked: (await asked).get(listing.id) });
  });
  return h('div', { class: 'page' }, heading(t('fav.title')), list);
}

// --- Leads ---

export function leads({ deck, signal, go }) {
  const soon = h('p', { class: 'soon', role: 'status' });
  const place = h('div');
  const queue = lane(2);

  function show() {
    const seen = new Set();
    place.replaceChildren(pagedList({
      signal,
      load: async (cursor) => {
        await deck.idle(); // A like that is still on its way belongs here too.
        const page = await api.myLeads({ limit: PAGE, cursor }, { signal });
        for (const { listing_id } of page.items) {
          seen.add(listing_id);
          deck.liked.delete(listing_id);
        }
        return page;
      },
      row: (lead) => leadRow(lead, queue, signal),
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

  show();
  setTimeout(() => watch().catch(() => { soon.textContent = ''; }), 400); // The list says what went wrong.
  return h('div', { class: 'page' }, heading(t('leads.title'), t('leads.text')), soon, place);
}

/** A lead, and as soon as they are there its listing and the owner's contacts. */
function leadRow(lead, queue, signal) {
  const row = h('li', { class: 'item item-loading', 'data-lead': lead.id }, h('div', { class: 'thumb' }), h('div', { class: 'item-body' }, spinner()));
  const load = () => queue(() => api.lead(lead.id, { signal })).then(
    ({ listing, contact }) => {
      const full = listingRow(listing,
        h('div', { class: 'lead-state' },
          stage(lead.status),
          !listing.is_active && badge(t('leads.inactive'), 'off'),
          h('span', { class: 'muted small' }, t('leads.sent', { when: ago(lead.created_at) }))),
        h('div', { class: 'person' }, h('p', null, h('span', { class: 'muted' }, `${t('leads.owner')}: `), h('strong', null, contact.name)), contacts(contact, phone)));
      row.className = full.className;
      row.replaceChildren(...full.childNodes);
    },
    (error) => { if (!signal.aborted) row.lastChild.replaceChildren(errorState(error, load, t('leads.failed'))); });
  load();
  return row;
}

/** How far the owner is: new → in progress → closed. */
const stage = (status) =>
  h('span', { class: `stage stage-${status}`, 'aria-label': t('leads.stage', { status: t(`status.${status}`) }), role: 'img' },
    h('i'), h('i'), h('i'), h('b', null, t(`status.${status}`)));

// --- Preferences ---

export function preferences({ deck, signal, go }) {
  const place = h('div', { class: 'panel' }, spinner());
  const load = async () => {
    try {
      place.replaceChildren(preferencesForm(await api.preferences({ signal }), () => {
        toast(t('pref.saved'), { kind: 'good' });
        deck.reset();
        go('feed');
      }));
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(errorState(error, load));
    }
  };
  load();
  return h('div', { class: 'page page-narrow' }, heading(t('pref.title'), t('pref.text')), place);
}

/** @param {object|null} wanted as the API has it; @param {(saved) => void} done */
export function preferencesForm(wanted, done) {
  const any = ['', t('any')];
  return form([
    cityField({ value: wanted?.city ?? '', placeholder: t('field.city.any') }),
    choice('deal_type', [any, ...dealOptions()], wanted?.deal_type ?? ''),
    choice('property_type', [any, ...typeOptions()], wanted?.property_type ?? '', { look: 'chips' }),
    h('div', { class: 'pair' },
      field('price_min', { value: wanted?.price_min ?? '', inputmode: 'decimal' }),
      field('price_max', { value: wanted?.price_max ?? '', inputmode: 'decimal' })),
    h('div', { class: 'row' },
      h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, t('save'))),
      h('button', { type: 'submit', class: 'button button-plain', value: 'clear' }, h('span', null, t('pref.clear')))),
  ], async (values, submitter) => {
    const clear = submitter?.value === 'clear';
    const wish = (name, read = (text) => text) => (clear ? null : read(values[name].trim()) || null);
    const saved = await api.savePreferences({
      city: wish('city'),
      deal_type: wish('deal_type'),
      property_type: wish('property_type'),
      price_min: wish('price_min', priceInput),
      price_max: wish('price_max', priceInput),
    });
    done(saved);
  }, {
    class: 'preferences',
    explain: (error) => (error.fields?.some(({ name, type }) => !name && type === 'value_error') ? t('invalid.range') : null),
  });
}
