/** The tenant's favorites and preferences. */

import { api } from '../api.js';
import { cityField } from '../cities.js';
import { ROOMS, criteriaFields, explainCriteria, readCriteria, roomsFilter } from '../criteria.js';
import { agreesToDisclosure } from '../disclosure.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { busy, button, choice, dealOptions, dialog, emptyState, errorState, field, form, heading, listingRow, pagedList, spinner, toast } from '../ui.js';
import { stage } from './leads.js';

const PAGE = 12;
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
      const [{ items, next }, leads] = await Promise.all([api.favorites({ limit: PAGE, cursor, include: api.INCLUDE }, { signal }), asked]);
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
  return h('div', { class: 'page page-narrow' }, heading(t('pref.title'), t('pref.text'), h('a', { class: 'button button-plain', href: '#/searches' }, t('search.title'))), place);
}

/** @param {object|null} wanted as the API has it; @param {(saved) => void} done */
export function preferencesForm(wanted, done) {
  return form([
    criteriaFields(wanted),
    h('div', { class: 'row' },
      h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, t('save'))),
      h('button', { type: 'submit', class: 'button button-plain', value: 'clear' }, h('span', null, t('pref.clear')))),
  ], async (values, submitter) => {
    done(await api.savePreferences(readCriteria(submitter?.value === 'clear' ? {} : values)));
  }, { class: 'preferences', explain: explainCriteria });
}

/** The few questions after registering, so that the first cards are worth looking at; each can be left open. */
export async function onboarding(deck) {
  const any = ['', t('any')];
  const saved = await dialog(t('start.title'), (close) => form([
    h('p', { class: 'muted' }, t('start.text')),
    cityField({ value: '', placeholder: t('field.city.any'), autofocus: true }),
    choice('deal_type', [any, ...dealOptions()], ''),
    field('price_max', { inputmode: 'decimal' }),
    choice('rooms', [any, ...ROOMS.map((rooms) => [rooms, rooms === ROOMS.at(-1) ? `${rooms}+` : rooms])], ''),
    h('div', { class: 'row row-end' },
      button(t('start.skip'), { onclick: () => close() }),
      h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, t('start.show')))),
  ], async ({ rooms, ...values }) => close(await api.savePreferences({ ...readCriteria(values), filters: roomsFilter(rooms) })), { explain: explainCriteria }));
  if (saved) deck.reset();
  return saved;
}
