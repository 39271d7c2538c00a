/** The tenant's deck: drag, tap, or use the arrow keys. */

import { api } from '../api.js';
import { summary } from '../criteria.js';
import { agreesToDisclosure, knowsOfDisclosure } from '../disclosure.js';
import { h } from '../dom.js';
import { ago, money } from '../format.js';
import { gallery } from '../gallery.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { announce, button, emptyState, errorState, facts, priceTag, spinner, toast, toastError } from '../ui.js';
import { saveSearch } from './searches.js';
import { preferencesForm } from './tenant.js';

const KEYS = { ArrowLeft: 'dislike', ArrowRight: 'like', ArrowUp: 'favorite' };
const PICTURE = '(max-width: 422px) calc(100vw - 32px), 390px';
const TAP = 8; // Pixels that a finger may move and still tap.
const DEPTH = 3; // Cards in the pile that can be seen.
const FAR = 110; // Pixels of a drag that decide…
const FAST = 0.55; // …or pixels per millisecond of a flick.

const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

export function feed({ user, deck, signal, go }) {
  const pile = h('div', { class: 'pile' });
  const wishes = h('a', { class: 'wishes', href: '#/preferences' }, icon('sliders'), h('span', null, t('feed.filter')));
  const aside = h('aside', { class: 'panel feed-aside' }, h('h2', null, t('pref.title')), spinner());
  const controls = h('div', { class: 'controls' },
    control('undo', 'undo', undo),
    control('dislike', 'cross', () => act('dislike')),
    control('favorite', 'star', () => act('favorite')),
    control('like', 'heart', () => act('like')));
  const drawn = new Map(); // listing id → its card
  let wanted = null; // The preferences, as soon as they are known.
  let asking = false;

  function draw() {
    const ready = deck.state === 'ready';
    for (const control of controls.querySelectorAll('button:not(.control-undo)')) control.disabled = !ready;
    pile.querySelector('.pile-place')?.remove();
    if (!ready) pile.prepend(place());
    const cards = deck.cards.slice(0, DEPTH);
    for (const [id, card] of drawn) {
      if (cards.some((listing) => listing.id === id)) continue;
      drawn.delete(id);
      if (!card.dataset.leaving) card.remove();
    }
    cards.forEach((listing, depth) => {
      const card = drawn.get(listing.id) ?? listingCard(listing);
      if (!drawn.has(listing.id)) {
        drawn.set(listing.id, card);
        pile.prepend(card);
      }
      card.dataset.depth = depth;
      card.inert = depth > 0;
    });
  }

  function place() {
    if (deck.state === 'loading') return h('div', { class: 'pile-place' }, spinner());
    if (deck.state === 'error') return h('div', { class: 'pile-place' }, errorState(deck.error, () => deck.reset(), t('feed.error')));
    return h('div', { class: 'pile-place' }, emptyState({
      name: 'check',
      title: t('feed.empty'),
      text: t('feed.empty.text'),
      actions: [
        button(t('feed.refresh'), { kind: 'primary', icon: 'undo', onclick: () => deck.reset() }),
        button(t('search.save'), { icon: 'bell', onclick: () => saveSearch(wanted, go) }),
        button(t('feed.empty.change'), { icon: 'sliders', onclick: () => go('preferences') }),
        button(t('explore.title'), { icon: 'list', onclick: () => go('explore') }),
      ],
    }));
  }

  function listingCard(listing) {
    const pictures = gallery(listing, PICTURE);
    const card = h('article', { class: 'card', 'aria-label': t('feed.deck'), 'data-listing': listing.id },
      pictures.node,
      ['like', 'dislike', 'favorite'].map((action) => h('span', { class: `stamp stamp-${action}`, 'aria-hidden': 'true' }, t(`feed.stamp.${action}`))),
      h('div', { class: 'card-text' },
        priceTag(listing),
        h('h2', null, listing.title),
        facts(listing),
        h('p', { class: 'card-more small' }, h('a', { href: `#/listing/${listing.id}`, draggable: 'false' }, t('feed.details')),
          h('span', { class: 'muted' }, t('feed.published', { when: ago(listing.created_at) })))));
    // A tap on the left part of the picture goes back, on the rest of it forward; a tap on the text tells more.
    draggable(card, act, ({ clientX, clientY }) => {
      const box = pictures.node.getBoundingClientRect();
      const onPicture = clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
      if (onPicture && pictures.size > 1) pictures.step(clientX < box.left + box.width / 3 ? -1 : 1);
      else go(`listing/${listing.id}`);
    });
    texts.observe(card.lastChild);
    return card;
  }

  async function act(action) {
    const card = drawn.get(deck.cards[0]?.id);
    if (!card || asking) return;
    if (action === 'like' && !knowsOfDisclosure(user)) {
      putBack(card);
      asking = true;
      const agreed = await agreesToDisclosure(user);
      asking = false;
      if (!agreed || card !== drawn.get(deck.cards[0]?.id)) return;
    }
    leave(card, action);
    const { listing } = deck.swipe(action);
    const [next] = deck.cards;
    announce([
      t(`feed.said.${action}`, { title: listing.title }),
      next && t('feed.next', { title: next.title, city: next.city, price: money(next.price) }),
    ].filter(Boolean).join('. '));
  }

  async function undo() {
    try {
      const taken = await deck.undo();
      if (!taken) return;
      const { listing, action } = taken;
      if (!listing) toast(t('feed.undone.gone'));
      else toast(t(action === 'like' ? 'feed.undone.lead' : 'feed.undone', { title: listing.title }));
    } catch (error) {
      if (error.status === 404) toast(t('feed.undo.nothing'));
      else toastError(error);
    }
  }

  function showSummary(now) {
    wanted = now;
    wishes.lastChild.textContent = wishes.title = summary(wanted);
  }

  async function showWishes() {
    try {
      showSummary(await api.preferences({ signal }));
      aside.replaceChildren(h('h2', null, t('pref.title')), preferencesForm(wanted, (saved) => {
        showSummary(saved);
        toast(t('pref.saved'), { kind: 'good' });
        deck.reset();
      }));
    } catch (error) {
      if (!signal.aborted) aside.replaceChildren(errorState(error, showWishes));
    }
  }

  deck.addEventListener('change', draw, { signal });
  deck.addEventListener('saved', ({ detail: { entry } }) => {
    if (entry.action === 'like') toast(t('feed.liked'), { kind: 'good', action: { label: t('feed.toleads'), run: () => go('leads') } });
    if (entry.action === 'favorite') toast(t('feed.favorited'), { kind: 'good', action: { label: t('feed.tofavorites'), run: () => go('favorites') } });
  }, { signal });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest('input, select, textarea, dialog')) return;
    const isUndo = event.key === 'Backspace' || event.code === 'KeyZ';
    const isMore = event.key === 'ArrowDown' && deck.cards[0];
    if (!isUndo && !isMore && !KEYS[event.key]) return;
    if (['ArrowUp', 'ArrowDown'].includes(event.key) && event.target.closest('.is-scrolled')) return; // It scrolls the text.
    event.preventDefault();
    if (isUndo) undo();
    else if (isMore) go(`listing/${deck.cards[0].id}`);
    else if (!event.repeat) act(KEYS[event.key]); // A key held down must not decide on the whole deck.
  }, { signal });

  if (deck.state === 'empty' || deck.state === 'error') deck.reset();
  else deck.refill();
  draw();
  showWishes();
  return h('div', { class: 'feed' },
    h('div', { class: 'feed-deck' },
      h('div', { class: 'feed-head' }, h('h1', { tabindex: '-1' }, t('feed.title')), wishes),
      pile, controls, h('p', { class: 'feed-help muted small' }, t('feed.help'))),
    aside);
}

const control = (action, name, onclick) =>
  h('button', { type: 'button', class: `control control-${action}`, 'data-action': action, 'aria-label': t(`feed.${action}`), title: t(`feed.${action}`), onclick }, icon(name));

/** A text that is longer than its card scrolls: with a finger, with the wheel, and with the keyboard. */
const texts = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollHeight > target.clientHeight + 1;
    target.classList.toggle('is-scrolled', scrolls);
    if (scrolls) target.tabIndex = 0;
    else target.removeAttribute('tabindex');
  }
});

// --- Movement ---

const SIDES = { like: [1, 0], dislike: [-1, 0], favorite: [0, -1] };

/** Lets the card fly off to the side of its action. */
function leave(card, action) {
  card.inert = true;
  delete card.dataset.depth;
  if (calm()) return;
  card.dataset.leaving = action;
  const [x, y] = SIDES[action];
  const flight = card.animate(
    { transform: `translate(${x * 140}%, ${y * 130}%) rotate(${x * 18}deg)`, opacity: [1, 0.6] },
    { duration: 320, easing: 'cubic-bezier(.3,.6,.5,1)', fill: 'forwards' });
  flight.finished.catch(() => {}).finally(() => card.remove());
}

function putBack(card) {
  card.style.transform = '';
  delete card.dataset.hint;
}

/** What a drag of (dx, dy) pixels, ended at a speed, means. */
function meaning(dx, dy, speedX, speedY) {
  if (dy < 0 && Math.abs(dy) > Math.abs(dx) * 1.2) return dy < -FAR || speedY < -FAST ? 'favorite' : null;
  if (dx > FAR || (dx > 30 && speedX > FAST)) return 'like';
  if (dx < -FAR || (dx < -30 && speedX < -FAST)) return 'dislike';
  return null;
}

function draggable(card, act, tapped) {
  let start = null;
  let last = null;

  card.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || start || event.target.closest('a, button')) return;
    start = last = event;
    card.setPointerCapture(event.pointerId);
    card.classList.add('is-dragged');
  });
  card.addEventListener('pointermove', (event) => {
    if (event.pointerId !== start?.pointerId) return;
    const [dx, dy] = [event.clientX - start.clientX, event.clientY - start.clientY];
    card.style.transform = `translate(${dx}px, ${dy}px) rotate(${dx / 22}deg)`;
    const hint = meaning(dx * 1.6, dy * 1.6, 0, 0);
    if (hint) card.dataset.hint = hint;
    else delete card.dataset.hint;
    if (event.timeStamp - last.timeStamp > 60) last = event; // The speed over the last moments, not of a single jitter.
  });
  const end = (event, cancelled) => {
    if (event.pointerId !== start?.pointerId) return;
    const [dx, dy] = [event.clientX - start.clientX, event.clientY - start.clientY];
    const time = Math.max(1, event.timeStamp - last.timeStamp);
    const action = cancelled ? null : meaning(dx, dy, (event.clientX - last.clientX) / time, (event.clientY - last.clientY) / time);
    start = null;
    card.classList.remove('is-dragged');
    if (action) return act(action);
    putBack(card);
    if (!cancelled && Math.hypot(dx, dy) < TAP && card.dataset.depth === '0') tapped(event);
  };
  card.addEventListener('pointerup', (event) => end(event, false));
  card.addEventListener('pointercancel', (event) => end(event, true));
}
