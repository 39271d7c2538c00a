/** The landlord's and agent's listings, and their editor. */

import { api } from '../api.js';
import { art } from '../art.js';
import { cityField } from '../cities.js';
import { h } from '../dom.js';
import { draft } from '../drafts.js';
import { ago, priceInput } from '../format.js';
import { t } from '../i18n.js';
import { badge, busy, button, choice, dealOptions, dialog, emptyState, facts, field, form, heading, listingRow, pagedList, priceTag, toast, typeOptions } from '../ui.js';

const PAGE = 12;

// --- Listings ---

export function listings({ user, signal }) {
  const create = () => edit(null, user, (made) => {
    list.prepend(made);
    toast(t('own.created'), { kind: 'good' });
  });
  const fresh = (kind) => button(t('own.new'), { kind, icon: 'plus', onclick: create, 'data-create': true });
  const list = pagedList({
    signal,
    load: (cursor) => api.myListings({ limit: PAGE, cursor }, { signal }),
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
          onclick: () => edit(listing, user, (saved) => {
            draw(saved);
            row.querySelector('button').focus();
            toast(t('own.updated'), { kind: 'good' });
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

const BLANK = { title: '', city: '', price: '', deal_type: 'rent', property_type: 'flat', is_active: 'on' };

/** A listing as the editor's fields have it. */
const toFields = ({ title, city, price, deal_type, property_type, is_active }) =>
  ({ title, city, price: String(Number(price)), deal_type, property_type, ...(is_active && { is_active: 'on' }) });

const sameFields = (one, other) => Object.keys(BLANK).every((name) => one[name] === other[name]);

/**
 * The dialog that makes a listing or changes one, with the card as a tenant will see it.
 * What was typed survives Escape, Back and a reload, until it is saved or cancelled.
 */
async function edit(listing, user, done) {
  const kept = draft(`listing:${user.id}:${listing?.id ?? 'new'}`);
  const original = listing ? toFields(listing) : BLANK;
  const restored = kept.read();
  const first = restored ?? original;
  const saved = await dialog(t(listing ? 'own.edit.title' : 'own.new'), (close) => {
    const preview = h('div', { class: 'preview', 'aria-hidden': 'true' });
    const show = (values) => {
      const shown = {
        id: listing?.id ?? 'new',
        title: values.title.trim() || t('own.preview.title'),
        city: values.city.trim() || t('own.preview.city'),
        deal_type: values.deal_type,
        property_type: values.property_type,
        price: Number(priceInput(values.price)) || 0,
      };
      preview.replaceChildren(h('p', { class: 'muted small' }, t('own.preview')),
        h('div', { class: 'fan-card' }, art(shown), h('div', { class: 'fan-text' }, priceTag(shown), h('p', { class: 'fan-title' }, shown.title), facts(shown))));
    };
    const startOver = () => {
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
    const fields = form([
      notice,
      field('title', { value: first.title, required: true, maxlength: 255, autofocus: true }),
      h('div', { class: 'pair' },
        cityField({ value: first.city, required: true }),
        field('price', { value: first.price, required: true, inputmode: 'decimal' })),
      choice('deal_type', dealOptions(), first.deal_type),
      choice('property_type', typeOptions(), first.property_type, { look: 'chips' }),
      h('label', { class: 'check' },
        h('input', { type: 'checkbox', name: 'is_active', checked: 'is_active' in first }), h('span', null, t('field.is_active'))),
      h('div', { class: 'row row-end' },
        button(t('cancel'), { onclick: () => { kept.drop(); close(); } }),
        h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, t('save')))),
    ], async ({ title, city, deal_type, property_type, price, is_active }) => {
      const written = { title, city, deal_type, property_type, price: priceInput(price), is_active: is_active === 'on' };
      const saved = await (listing ? api.updateListing(listing.id, written) : api.createListing(written));
      kept.drop();
      close(saved);
    }, {
      oninput: () => {
        const values = Object.fromEntries(new FormData(fields));
        if (sameFields(values, original)) kept.drop();
        else kept.keep(values);
        show(values);
      },
    });
    show(first);
    return h('div', { class: 'editor' }, fields, preview);
  }, { look: 'dialog-wide' });
  if (saved) done(saved);
  else if (kept.read()) toast(t('own.draft.kept'));
}
