/** What a person is told: the bell in the header, the list, and how else they want to hear of it. */

import { api } from '../api.js';
import { h } from '../dom.js';
import { ago, money } from '../format.js';
import { current, t } from '../i18n.js';
import { icon } from '../icons.js';
import { poll } from '../polling.js';
import { busy, button, choice, emptyState, errorState, field, form, heading, pagedList, spinner, toast } from '../ui.js';

const PAGE = 20;
const MOST = 9; // More than that is "9+".
const PAUSES = { fastest: 4000, quietest: 6000, slowest: 240_000 }; // Who looks at the page hears of a lead within ten seconds.
const MARKS = {
  'lead.new': 'inbox', 'lead.status': 'inbox', 'message.new': 'chat', 'listing.match': 'home', 'price.drop': 'star', 'account.linked': 'telegram',
};

/** Tells of what has come since the last look: `told` with {detail: [notifications]}. */
export const news = new EventTarget();

let redraw = () => {};
/** What the bell has found. The header is drawn anew with every view: it must not forget in between. */
let found = { user: null, unread: 0, newest: null };

/** The link in the header, with how much is unread. */
export function bell(user, signal, isShown) {
  if (found.user !== user.id) found = { user: user.id, unread: 0, newest: null };
  const count = h('span', { class: 'count bell-count' });
  const node = h('a', { class: 'round bell', href: '#/notifications', 'aria-current': isShown ? 'page' : null }, icon('bell'), count);
  const show = () => {
    count.hidden = found.unread === 0;
    count.textContent = found.unread > MOST ? `${MOST}+` : found.unread;
    node.setAttribute('aria-label', found.unread ? t('bell.unread', { n: count.textContent }) : t('bell'));
    node.title = t('bell');
  };
  const ask = async () => {
    const { items } = await api.notifications({ unread: true, limit: MOST + 1 }, { signal });
    const times = items.map(({ created_at }) => Date.parse(created_at));
    const fresh = found.newest === null ? [] : items.filter((_, n) => times[n] > found.newest);
    Object.assign(found, { unread: items.length, newest: Math.max(found.newest ?? 0, ...times) });
    show();
    if (fresh.length) news.dispatchEvent(new CustomEvent('told', { detail: fresh }));
    return fresh.length > 0;
  };
  show();
  poll(ask, { ...PAUSES, signal });
  redraw = () => ask().catch(() => {}); // The next look will tell.
  redraw();
  return node;
}

export function notifications({ signal }) {
  let allRead = false;
  const all = button(t('bell.all'), {
    icon: 'check',
    onclick: () => busy(all, async () => {
      await api.readNotifications({ all: true });
      allRead = true;
      for (const row of list.querySelectorAll('.is-unread')) row.classList.remove('is-unread');
      for (const mark of list.querySelectorAll('.new-mark')) mark.remove();
      redraw();
    }),
  });
  const list = pagedList({
    signal,
    into: h('ul', { class: 'told-list' }),
    load: (cursor) => api.notifications({ limit: PAGE, cursor }, { signal }),
    row: (told) => notification(allRead ? { ...told, read_at: told.read_at ?? told.created_at } : told),
    empty: () => emptyState({ name: 'bell', title: t('bell.empty'), text: t('bell.empty.text') }),
  });
  news.addEventListener('told', ({ detail }) => {
    for (const told of detail.toReversed()) if (!list.querySelector(`[data-notification="${told.id}"]`)) list.prepend(told);
  }, { signal });
  return h('div', { class: 'page page-narrow' },
    heading(t('bell'), null, h('a', { class: 'button button-plain', href: '#/searches' }, t('search.title')), all), list,
    h('section', { class: 'panel account-part', 'aria-label': t('channels.title') }, h('h2', null, t('channels.title')), settings(signal)));
}

function notification({ id, type, created_at, read_at, data }) {
  const known = type in MARKS;
  const text = known ? t(`told.${type}`, { ...data, price: data.price && money(data.price), old_price: data.old_price && money(data.old_price) }) : type;
  const target = data.lead_id ? `#/leads/${data.lead_id}` : data.listing_id ? `#/listing/${data.listing_id}` : '#/account';
  const read = () => {
    if (!read_at) api.readNotifications({ ids: [id] }).then(redraw, () => {}); // It stays unread until the next time.
  };
  return h('li', { class: read_at ? '' : 'is-unread', 'data-notification': id },
    h('a', { href: target, onclick: read }, icon(MARKS[type] ?? 'bell'),
      h('span', null, h('span', { class: 'told-text' }, text), h('span', { class: 'muted small' }, ago(created_at))),
      !read_at && h('span', { class: 'new-mark' }, h('span', { class: 'visually-hidden' }, t('talk.unread')))));
}

// --- Settings ---

const LANGUAGES = [['kk', 'Қазақша'], ['ru', 'Русский'], ['en', 'English']];

function settings(signal) {
  const place = h('div', null, spinner());
  const load = async () => {
    try {
      place.replaceChildren(settingsForm(await api.notificationSettings({ signal })));
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(errorState(error, load));
    }
  };
  load();
  return place;
}

function settingsForm({ channels, quiet_hours, timezone, locale }) {
  const offered = Object.keys(channels).filter((name) => channels[name] !== null);
  const zones = [...new Set([timezone, Intl.DateTimeFormat().resolvedOptions().timeZone, 'Asia/Almaty', 'Asia/Aqtau', 'Asia/Qyzylorda'])];
  return form([
    offered.length
      ? h('fieldset', { class: 'field' }, h('legend', null, t('channels.by')), offered.map((name) =>
        h('label', { class: 'check' }, h('input', { type: 'checkbox', name, checked: channels[name] }), h('span', null, t(`channels.${name}`)))))
      : h('p', { class: 'muted small' }, t('channels.none')),
    h('div', { class: 'pair' },
      field('from', { type: 'time', label: t('channels.quiet.from'), value: quiet_hours?.from ?? '' }),
      field('to', { type: 'time', label: t('channels.quiet.to'), value: quiet_hours?.to ?? '' })),
    h('p', { class: 'note' }, t('channels.quiet.hint')),
    field('timezone', { label: t('channels.timezone'), options: zones.map((zone) => [zone, zone]), value: timezone }),
    choice('locale', LANGUAGES, locale ?? current(), { label: t('channels.locale') }),
    h('div', { class: 'row' }, h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, t('save')))),
  ], async (values) => {
    const { from, to } = values;
    await api.saveNotificationSettings({
      channels: Object.fromEntries(offered.map((name) => [name, name in values])),
      quiet_hours: from || to ? { from, to } : null,
      timezone: values.timezone,
      locale: values.locale,
    });
    toast(t('account.saved'), { kind: 'good' });
  }, { explain: (error) => (error.fields?.some(({ name, type }) => name === 'quiet_hours' && type === 'value_error') ? t('channels.quiet.same') : null) });
}
