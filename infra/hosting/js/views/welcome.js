/** For everybody who is not signed in: what this is, a way in. */

import { api, session } from '../api.js';
import { h } from '../dom.js';
import { cover } from '../gallery.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { busy, button, choice, dialog, errorText, facts, field, form, priceTag, toast, toastError } from '../ui.js';

const DEMO = [
  ['tenant', 'cards'],
  ['landlord', 'home'],
  ['agent', 'users'],
  ['admin', 'shield'],
];
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];
/** The first user of each role in infra/demo.py. */
const demoLogin = (role) => [`${role}@example.com`, 'demo12345'];

/** What the cards show until (or unless) the API has listings. */
const SAMPLES = [
  { id: 11, city: 'Алматы', property_type: 'flat', deal_type: 'rent' },
  { id: 5, city: 'Astana', property_type: 'house', deal_type: 'sale' },
  { id: 8, city: 'Алматы', property_type: 'room', deal_type: 'rent' },
];

let tab = 'login';

export function welcome(context) {
  if (context.query.get('tab') === 'register') tab = 'register';
  return h('div', { class: 'welcome' },
    h('section', { class: 'hero' },
      h('div', { class: 'hero-text' }, h('h1', { tabindex: '-1' }, t('welcome.title')), h('p', null, t('welcome.text')),
        h('p', null, h('a', { class: 'look-around', href: '#/explore' }, icon('list'), t('welcome.explore')))),
      fan()),
    h('section', { class: 'enter' }, demo(context), account(context)),
    h('ol', { class: 'steps' },
      [['cards', 1], ['heart', 2], ['phone', 3]].map(([mark, step]) =>
        h('li', null, icon(mark), h('div', null, h('h2', null, t(`welcome.step${step}`)), h('p', null, t(`welcome.step${step}.text`)))))));
}

/** Three cards, with the newest real listings as soon as they are there. */
function fan() {
  const card = (listing) =>
    h('div', { class: 'fan-card' }, h('div', { class: 'fan-picture' }, cover(listing, '230px', 'eager')), listing.title && h('div', { class: 'fan-text' }, priceTag(listing), h('p', { class: 'fan-title' }, listing.title), facts(listing)));
  const node = h('div', { class: 'fan', 'aria-hidden': 'true' }, SAMPLES.map(card));
  api.listings({ limit: 12, include: api.INCLUDE }).then(
    ({ items }) => {
      // Photos look best, and different kinds of property together.
      const pictured = [...items.filter(({ photos }) => photos.length), ...items.filter(({ photos }) => !photos.length)];
      const kinds = [...new Map(pictured.toReversed().map((listing) => [listing.property_type, listing])).values()];
      const chosen = [...new Set([...kinds.filter(({ photos }) => photos.length), ...pictured])].slice(0, 3);
      if (chosen.length === 3) node.replaceChildren(...chosen.map(card));
    },
    () => {}, // Decoration: the sign-in form is what tells of a missing API.
  );
  return node;
}

/** One click per role, only where the demo data lives. Where that is likely, its place is kept until the API has told. */
function demo({ enter, signal }) {
  const node = h('div', { class: 'demo' });
  const choices = [
    h('h2', null, t('welcome.demo')),
    h('p', { class: 'muted' }, t('welcome.demo.text')),
    h('div', { class: 'demo-grid' },
      DEMO.map(([role, mark]) =>
        h('button', { type: 'button', class: `demo-button demo-${role}`, 'data-demo': role, onclick: ({ currentTarget }) => busy(currentTarget, () => signIn(...demoLogin(role), enter), (error) => error.status === 401 ? toast(t('welcome.demo.missing'), { kind: 'error' }) : toastError(error)) },
          h('span', { class: 'demo-icon' }, icon(mark)), h('span', null, h('strong', null, t(`role.${role}`)), h('small', null, t(`welcome.demo.${role}`)))))),
    h('p', { class: 'or' }, h('span', null, t('welcome.or'))),
  ];
  const ask = async () => {
    node.classList.toggle('is-waiting', LOCAL_HOSTS.includes(location.hostname));
    node.replaceChildren(...(node.matches('.is-waiting') ? choices : []));
    try {
      const { environment } = await api.health();
      if (!signal.aborted) node.replaceChildren(...(environment === 'local' ? choices : []));
    } catch (error) {
      if (signal.aborted) return;
      node.replaceChildren(h('div', { class: 'notice', role: 'alert' }, icon('alert'),
        h('p', null, h('strong', null, t('welcome.down')), ' ', errorText(error)), button(t('retry'), { onclick: ask })));
    } finally {
      node.classList.remove('is-waiting');
    }
  };
  ask();
  return node;
}

async function signIn(username, password, enter) {
  session.open(await api.signIn(username, password));
  await enter();
}

function account(context) {
  const node = h('div', { class: 'account' });
  const show = (name, focus) => {
    tab = name;
    const forms = { login: loginForm, register: registerForm };
    node.replaceChildren(
      h('div', { class: 'tabs', role: 'group', 'aria-label': t('welcome.account') },
        Object.keys(forms).map((key) => h('button', { type: 'button', 'data-tab': key, 'aria-pressed': String(key === name), onclick: () => show(key, true) }, t(key)))),
      forms[name](context));
    if (focus) node.querySelector(`[data-tab=${name}]`).focus();
  };
  show(tab, false);
  return node;
}

const loginForm = ({ enter }) =>
  form([
    field('username', { autocomplete: 'username', inputmode: 'email', required: true }),
    field('password', { type: 'password', autocomplete: 'current-password', required: true }),
    submitButton(t('login.submit')),
    button(t('reset.ask'), { kind: 'link', onclick: () => forgotten(enter) }),
  ], ({ username, password }) => signIn(username, password, enter),
  { explain: (error) => (error.status === 401 ? t('login.wrong') : null) });

/** A new password by a code: first whose, then the code that was sent. */
async function forgotten(enter) {
  const entered = await dialog(t('reset.title'), (close) => {
    const place = h('div');
    const ask = () => form([
      h('p', { class: 'muted' }, t('reset.text')),
      field('username', { autocomplete: 'username', inputmode: 'email', required: true, autofocus: true }),
      submitButton(t('reset.send')),
    ], async ({ username }) => {
      await api.sendResetCode(username);
      place.replaceChildren(confirm(username));
      place.querySelector('input').focus();
    }, { explain: (error) => (error.code === 'not_configured' ? t('reset.off') : null) });
    const confirm = (username) => form([
      h('p', { class: 'muted', role: 'status' }, t('reset.sent')),
      field('code', { inputmode: 'numeric', autocomplete: 'one-time-code', required: true, maxlength: 6 }),
      field('new_password', { type: 'password', autocomplete: 'new-password', required: true, hint: t('field.password.hint') }),
      submitButton(t('reset.submit')),
    ], async ({ code, new_password }) => {
      await api.resetPassword(username, code, new_password);
      session.open(await api.signIn(username, new_password));
      close(true);
    }, { explain: (error) => (error.status === 401 || error.fields?.some(({ name }) => name === 'code') ? t('reset.wrong') : null) });
    place.append(ask());
    return place;
  }, { look: 'dialog-small' });
  if (entered) await enter();
}

const registerForm = ({ enter }) =>
  form([
    choice('role', ['tenant', 'landlord', 'agent'].map((role) => [role, t(`role.${role}`)]), 'tenant', { label: t('register.role') }),
    field('name', { autocomplete: 'name', required: true, maxlength: 255 }),
    h('div', { class: 'pair' },
      field('email', { type: 'email', autocomplete: 'email' }),
      field('phone', { type: 'tel', autocomplete: 'tel', hint: t('field.phone.hint') })),
    h('p', { class: 'muted small' }, t('register.reach')),
    field('password', { type: 'password', autocomplete: 'new-password', required: true, hint: t('field.password.hint') }),
    submitButton(t('register.submit')),
  ], async ({ role, name, email, phone, password }) => {
    const user = await api.register({ role, name, email: email || null, phone: phone || null, password });
    await signIn(user.email ?? user.phone, password, () => enter({ isNew: true }));
    toast(t('register.welcome', { name: user.name }), { kind: 'good' });
  }, {
    explain: (error) => {
      if (error.status === 409) return t('register.taken');
      return error.fields?.some(({ name, type }) => !name && type === 'value_error') ? t('register.reach') : null;
    },
  });

const submitButton = (label) => h('button', { type: 'submit', class: 'button button-primary button-wide' }, h('span', null, label));
