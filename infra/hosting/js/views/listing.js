/** One listing with everything that is told of it. Its address can be shared: it needs no account. */

import { api } from '../api.js';
import { agreesToDisclosure } from '../disclosure.js';
import { h } from '../dom.js';
import { ago, date, money, number } from '../format.js';
import { gallery, turned } from '../gallery.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { busy, button, dialog, emptyState, errorState, facts, field, priceTag, spinner, toast } from '../ui.js';

const SIZES = '(max-width: 892px) 100vw, 860px';

export function listing(context) {
  const { id, signal, go } = context;
  const place = h('div', { class: 'page' }, spinner());
  const load = async () => {
    try {
      const shown = await api.listing(id, { signal });
      place.replaceChildren(...details(shown, context));
      document.title = `${shown.title} · ${t('brand')}`;
      place.querySelector('h1').focus({ preventScroll: true });
    } catch (error) {
      if (signal.aborted) return;
      place.replaceChildren(error.status === 404
        ? emptyState({ name: 'home', title: t('listing.gone'), text: t('listing.gone.text'), actions: [button(t('explore.title'), { kind: 'primary', onclick: () => go('explore') })] })
        : errorState(error, load));
    }
  };
  load();
  return place;
}

function details(shown, context) {
  const { details: told } = shown;
  return [
    history.length > 1 && h('button', { type: 'button', class: 'button button-link back', onclick: () => history.back() }, icon('back'), h('span', null, t('back'))),
    h('article', { class: 'listing', 'data-listing': shown.id },
      turned(gallery(shown, SIZES)),
      h('div', { class: 'listing-body' },
        h('div', { class: 'listing-head' },
          h('div', null, h('h1', { tabindex: '-1' }, shown.title), priceTag(shown), facts(shown)),
          button(t('share'), { icon: 'share', onclick: ({ currentTarget }) => busy(currentTarget, () => share(shown)) })),
        actions(shown, context),
        told && table(told),
        told?.description && h('div', { class: 'listing-text' }, h('h2', null, t('field.description')), h('p', null, told.description)),
        told && whereabouts(shown, told),
        h('p', { class: 'muted small' }, t('feed.published', { when: ago(shown.created_at) })))),
  ].filter(Boolean);
}

/** Rows of what is told; what is not told is left out. */
function table(told) {
  const yes = (value) => (value === null ? null : t(value ? 'yes' : 'no'));
  const area = (value) => value !== null && t('unit.area', { n: number(value) });
  const rows = {
    rooms: told.rooms,
    area: area(told.area),
    kitchen_area: area(told.kitchen_area),
    floor: told.floor !== null && (told.floors === null ? told.floor : t('details.floor.of', told)),
    floors: told.floor === null && told.floors,
    year_built: told.year_built,
    furnished: yes(told.furnished),
    pets_allowed: yes(told.pets_allowed),
    children_allowed: yes(told.children_allowed),
    deposit: told.deposit !== null && (told.deposit === 0 ? t('no') : money(told.deposit)),
    available_from: told.available_from && date(told.available_from),
  };
  const shown = Object.entries(rows).filter(([, value]) => value !== null && value !== false);
  return shown.length > 0 && h('dl', { class: 'told' }, shown.map(([name, value]) => h('div', null, h('dt', null, t(`details.${name}`)), h('dd', null, value))));
}

function whereabouts({ city }, { district, address, latitude, longitude }) {
  const words = [city, district, address].filter(Boolean).join(', ');
  const map = `https://www.openstreetmap.org/?${new URLSearchParams({ mlat: latitude, mlon: longitude })}#map=17/${latitude}/${longitude}`;
  return (district || address || latitude !== null) && h('div', { class: 'listing-text' },
    h('h2', null, t('details.where')),
    h('p', null, words),
    latitude !== null && h('p', null, h('a', { href: map, target: '_blank', rel: 'noopener noreferrer' }, t('details.map'))));
}

/** What the reader can do with it: a stranger registers, a tenant likes or keeps it, its owner edits it elsewhere. */
function actions(shown, { user, deck, go }) {
  if (!user) {
    return h('div', { class: 'row' }, button(t('listing.register'), { kind: 'primary', icon: 'heart', onclick: () => go(`enter?to=${encodeURIComponent(`listing/${shown.id}`)}`) }));
  }
  if (user.id === shown.owner_id) return h('p', { class: 'soon' }, t('listing.own'));
  if (user.role !== 'tenant') return null;
  const swipe = (action) => async () => {
    if (action === 'like' && !(await agreesToDisclosure(user))) return;
    deck.swipe(action);
    go('feed');
  };
  if (deck.cards[0]?.id === shown.id) {
    return h('div', { class: 'row' },
      button(t('feed.dislike'), { icon: 'cross', onclick: swipe('dislike') }),
      button(t('feed.favorite'), { icon: 'star', onclick: swipe('favorite') }),
      button(t('feed.like'), { kind: 'primary', icon: 'heart', onclick: swipe('like') }));
  }
  const ask = button(t('fav.lead'), {
    kind: 'primary', icon: 'inbox',
    onclick: () => busy(ask, async () => {
      if (!(await agreesToDisclosure(user))) return;
      const lead = await api.createLead(shown.id);
      go(`leads/${lead.id}`);
    }),
  });
  const keep = button(t('feed.favorite'), {
    icon: 'star',
    onclick: () => busy(keep, async () => {
      await api.addFavorite(shown.id);
      toast(t('feed.favorited'), { kind: 'good', action: { label: t('feed.tofavorites'), run: () => go('favorites') } });
    }),
  });
  return h('div', { class: 'row' }, ask, keep);
}

/** Through the phone's own dialog, else into the clipboard, else as a text to copy. */
async function share({ id, title }) {
  const url = `${location.origin}/#/listing/${id}`;
  try {
    if (navigator.share) return await navigator.share({ title, url });
    await navigator.clipboard.writeText(url);
    toast(t('share.copied'), { kind: 'good' });
  } catch (error) {
    if (error.name === 'AbortError') return; // The reader has changed their mind.
    await dialog(t('share'), () => field('address', { label: t('share.address'), value: url, readonly: true, onfocus: ({ target }) => target.select() }), { look: 'dialog-small' });
  }
}
