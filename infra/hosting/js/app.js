/** The shell: who is signed in, which view the address (#/…) asks for, the frame around it. */

import { ApiError, api, session, wire } from './api.js';
import { Deck } from './deck.js';
import { h } from './dom.js';
import { dropDrafts } from './drafts.js';
import { choose, current, languages, t } from './i18n.js';
import { icon } from './icons.js';
import { dismissOffers, errorState, spinner, toast, toastError } from './ui.js';
import { account } from './views/account.js';
import * as admin from './views/admin.js';
import { conversation } from './views/conversation.js';
import { listing } from './views/listing.js';
import { leadsForMe, myLeads } from './views/leads.js';
import { bell, notifications } from './views/notifications.js';
import * as owner from './views/owner.js';
import * as tenant from './views/tenant.js';
import { explore } from './views/explore.js';
import { feed } from './views/feed.js';
import { searches } from './views/searches.js';
import { welcome } from './views/welcome.js';

/** Per role: address, label, icon, view, and the view of one item (`#/leads/3`). The first one is the role's home. */
const OWNER = [
  ['listings', 'nav.listings', 'home', owner.listings],
  ['leads', 'nav.leads', 'inbox', leadsForMe, conversation],
];
const SECTIONS = {
  tenant: [
    ['feed', 'nav.feed', 'cards', feed],
    ['favorites', 'nav.favorites', 'star', tenant.favorites],
    ['leads', 'nav.leads', 'inbox', myLeads, conversation],
    ['preferences', 'nav.preferences', 'sliders', tenant.preferences],
  ],
  landlord: OWNER,
  agent: OWNER,
  admin: [
    ['users', 'nav.users', 'users', admin.users],
    ['listings', 'nav.listings', 'home', admin.listings],
    ['audit', 'nav.audit', 'list', admin.audit],
  ],
};
/** What every signed-in person has besides. */
const OWN = [
  ['account', 'account.title', 'user', account],
  ['notifications', 'bell', 'bell', notifications],
  ['searches', 'search.title', 'sliders', searches],
];
/** What has no place in the navigation, also for people who are not signed in. */
const OPEN = [
  ['explore', 'explore.title', 'list', explore],
  ['listing', 'listing.title', 'home', explore, listing],
];
const WELCOME = ['', 'brand', '', welcome];
const MAX_CALLS = 30;
const PATIENCE_MS = 3000;

const main = document.getElementById('main');
const header = document.getElementById('header');
const footer = document.getElementById('footer');

let user = null;
let deck = null;
let leaving = new AbortController();
let shownPath = null;

// --- Signing in and out ---

/** Shows a signed-in person's first view. `isNew`: they have just registered. */
async function enter({ isNew = false } = {}) {
  main.replaceChildren(spinner());
  try {
    user = await api.me();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) return; // `expired` has already shown the sign-in page.
    return main.replaceChildren(errorState(error, () => enter({ isNew })));
  }
  deck = new Deck();
  watch(deck);
  const [section, , query] = address();
  const wanted = section === 'enter' && query.get('to');
  if (section === 'enter') history.replaceState(null, '', /^listing\/\d+$/.test(wanted) ? `/#/${wanted}` : '/');
  render();
  if (isNew && user.role === 'tenant' && (await tenant.onboarding(deck))) render();
}

async function signOut() {
  await deck?.idle(); // Swipes on their way still belong to this user.
  const patience = new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); });
  // Without a network, this device forgets the session all the same.
  await Promise.race([api.signOut(session.refreshToken).catch(() => {}), patience]);
  leave();
}

/** Shows the page as strangers see it. */
function leave() {
  dropDrafts();
  forget();
  history.replaceState(null, '', '/');
  render();
}

/** The person has changed what the header shows of them. */
function changed(now) {
  user = now;
  render();
}

function forget() {
  session.close();
  user = null;
  deck = null;
}

session.addEventListener('changed', () => {
  user = deck = null;
  if (session.isOpen) enter();
  else render();
});

session.addEventListener('expired', () => {
  forget();
  render();
  toast(t('error.401'), { kind: 'error' });
});

// A 403 where the page offers something means that the role has changed meanwhile.
session.addEventListener('forbidden', async () => {
  const before = user?.role;
  const now = await api.me().catch(() => null);
  if (!before || !now || now.role === before) return;
  user = now;
  render();
  toast(t('error.role', { role: t(`role.${now.role}`) }));
});

// Swipes go on while the tenant looks at another section: their failures are told anywhere.
function watch(watched) {
  watched.addEventListener('lost', ({ detail: { entries, error } }) =>
    toastError(error, { lead: t('feed.lost', { count: entries.length }) }));
  watched.addEventListener('gone', ({ detail: { entry, error } }) =>
    toast(t(error.status === 400 ? 'feed.own' : 'feed.gone', { title: entry.listing.title }), { kind: 'error' }));
}

addEventListener('beforeunload', (event) => {
  if (deck?.pending) event.preventDefault();
});

// --- Drawing ---

/** Where we are: `#/leads/3?page=2` → ['leads', '3', URLSearchParams]. */
function address() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [section, id] = path.split('/');
  return [section, /^\d+$/.test(id ?? '') ? id : null, new URLSearchParams(query)];
}

function render() {
  leaving.abort();
  leaving = new AbortController();
  const [path, id, query] = address();
  const sections = user ? SECTIONS[user.role] : [];
  const [name, label, , list, item] = [...sections, ...(user ? OWN : []), ...OPEN].find(([section]) => section === path) ?? sections[0] ?? WELCOME;
  const view = id && item ? item : list;
  const shown = view === item ? `${name}/${id}` : name;

  document.title = name ? `${t(label)} · ${t('brand')}` : t('brand');
  document.body.dataset.view = name || 'welcome';
  document.getElementById('skip').textContent = t('skip');
  drawHeader(sections, name);
  drawFooter();
  main.replaceChildren(view({ user, deck, id, query, signal: leaving.signal, enter, go, signOut, leave, changed }));
  if (shownPath !== null && shownPath !== shown) {
    dismissOffers();
    scrollTo(0, 0);
    (main.querySelector('h1') ?? main).focus({ preventScroll: true });
  }
  shownPath = shown;
}

function go(path) {
  if (location.hash === `#/${path}`) render();
  else location.hash = `#/${path}`;
}

function drawHeader(sections, active) {
  const language = h('div', { class: 'languages', role: 'group', 'aria-label': t('language') },
    Object.keys(languages).map((tag) =>
      h('button', { type: 'button', lang: tag, 'aria-pressed': String(tag === current()), onclick: () => switchTo(tag) }, tag.toUpperCase())));
  header.replaceChildren(...[
    h('a', { class: 'brand', href: '#/', 'aria-label': t('brand') }, h('img', { src: '/favicon.svg', alt: '', width: 32, height: 32 }), h('span', null, t('brand'))),
    user && h('nav', { class: 'nav', 'aria-label': t('nav') },
      sections.map(([name, label, mark]) =>
        h('a', { href: `#/${name}`, 'aria-current': name === active ? 'page' : null }, icon(mark), h('span', null, t(label))))),
    h('div', { class: 'header-end' },
      !user && active && h('a', { class: 'button button-soft', href: '#/enter' }, t('login')),
      language,
      user && h('div', { class: 'me' },
        bell(user, leaving.signal, active === 'notifications'),
        h('a', { class: 'round', href: '#/account', 'aria-label': t('account.title'), title: t('account.title'), 'aria-current': active === 'account' ? 'page' : null }, icon('user')),
        h('div', { class: 'me-name' }, h('strong', { title: user.name }, user.name), h('span', null, t(`role.${user.role}`))),
        h('button', { type: 'button', class: 'round', 'aria-label': t('signout'), title: t('signout'), onclick: signOut }, icon('signout')))),
  ].filter(Boolean));
}

/** Draws everything anew in another language, keeping what was typed. */
function switchTo(tag) {
  choose(tag);
  const typed = [...main.querySelectorAll('input[name], select[name], textarea[name]')].map(({ name, value, checked, type }) => ({ name, value, checked, type }));
  render();
  for (const { name, value, checked, type } of typed) {
    const again = [...main.querySelectorAll('input[name], select[name], textarea[name]')].find((control) =>
      control.name === name && control.type === type && (type !== 'radio' || control.value === value));
    if (again && (type === 'radio' || type === 'checkbox')) again.checked = checked;
    else if (again) again.value = value;
  }
  header.querySelector(`[lang=${tag}]`).focus();
}

// --- The footer, with what went over the wire ---

const calls = [];
const callList = h('ol', { class: 'calls', tabindex: '0' });

wire.addEventListener('call', ({ detail }) => {
  calls.unshift(detail);
  calls.length = Math.min(calls.length, MAX_CALLS);
  drawCalls();
});

function drawCalls() {
  callList.replaceChildren(...(calls.length ? calls.map(({ method, path, status, ms }) =>
    h('li', null, h('b', null, method), h('code', null, path), h('span', { class: status && status < 400 ? 'ok' : 'bad' }, status || '—'), h('span', null, `${ms} ms`)))
    : [h('li', null, t('footer.calls.none'))]));
}

function drawFooter() {
  callList.setAttribute('aria-label', t('footer.calls'));
  const open = footer.querySelector('details')?.open;
  drawCalls();
  footer.replaceChildren(
    h('details', { open }, h('summary', null, t('footer.calls')), callList),
    h('p', null, t('footer.note')),
    h('p', { class: 'footer-links' }, h('a', { href: '/docs' }, t('footer.docs')), h('a', { href: '/openapi.json' }, t('footer.openapi'))));
}

// --- Start ---

/** Without a network the page says so, where browsers have service workers: on https and on localhost. */
function serveOffline() {
  const address = '/sw.js';
  const policy = globalThis.trustedTypes?.createPolicy('worker', { createScriptURL: () => address });
  navigator.serviceWorker?.register(policy ? policy.createScriptURL(address) : address).catch(() => {}); // The page works without.
}

addEventListener('hashchange', render);
addEventListener('load', serveOffline);
if (session.isOpen) {
  drawHeader([], '');
  drawFooter();
  enter();
} else {
  render();
}
