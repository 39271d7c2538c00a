/** What the two sides of a lead write to each other, with the listing it is about. */

import { ApiError, api, newKey } from '../api.js';
import { h } from '../dom.js';
import { ago, phone, time } from '../format.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { poll } from '../polling.js';
import { announce, badge, busy, button, contacts, errorState, errorText, listingRow, spinner } from '../ui.js';
import { stage, statusSwitch } from './leads.js';

const PAGE = 30;
const PAUSES = { fastest: 4000, slowest: 45_000 };
const LONGEST = 4000; // Characters of a message.

export function conversation({ user, id, signal }) {
  const place = h('div', { class: 'page page-narrow' }, back(), spinner());
  const load = async () => {
    try {
      const [lead, page] = await Promise.all([api.lead(id, { signal }), api.messages(id, { limit: PAGE }, { signal })]);
      place.replaceChildren(...talk(lead, page, user, signal));
      place.querySelector('h1').focus({ preventScroll: true });
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(back(), errorState(error, load));
    }
  };
  load();
  return place;
}

const back = () => h('a', { class: 'back', href: '#/leads' }, icon('back'), t('talk.back'));

function talk(lead, firstPage, user, signal) {
  const other = lead.contact ?? { name: t('talk.nobody') };
  const isOwner = user.id === lead.owner_id;
  const bubbles = h('ol', { class: 'bubbles', role: 'log', 'aria-label': t('talk.with', { name: other.name }), tabindex: '0' });
  const older = h('div', { class: 'list-foot' });
  const known = new Set();
  let cursor = firstPage.next;

  const bubble = (message) => {
    const own = message.sender_id === user.id;
    return h('li', { class: `bubble${own ? ' is-own' : ''}`, 'data-message': message.id },
      h('span', { class: 'visually-hidden' }, `${own ? t('talk.you') : other.name}: `),
      h('p', null, message.text),
      h('time', { datetime: message.created_at, title: ago(message.created_at) }, time(message.created_at)));
  };
  /** Messages come newest first; gives those that were not shown yet, oldest first. */
  const unknown = (items) => items.filter((message) => !known.has(message.id) && known.add(message.id)).toReversed();
  const toEnd = () => { bubbles.scrollTop = bubbles.scrollHeight; };
  const readAll = () => api.readMessages(lead.id).catch(() => {}); // They stay unread until the next visit.

  function showOlder() {
    const more = button(t('talk.older'), {
      onclick: () => busy(more, async () => {
        const page = await api.messages(lead.id, { limit: PAGE, cursor }, { signal });
        const height = bubbles.scrollHeight;
        bubbles.prepend(...unknown(page.items).map(bubble));
        bubbles.scrollTop += bubbles.scrollHeight - height;
        cursor = page.next;
        showOlder();
      }),
    });
    older.replaceChildren(cursor ? more : '');
  }

  function add(items) {
    const fresh = unknown(items);
    if (!fresh.length) return false;
    const atEnd = bubbles.scrollHeight - bubbles.scrollTop - bubbles.clientHeight < 60;
    const waiting = bubbles.querySelector('[data-sending]');
    for (const message of fresh) bubbles.insertBefore(bubble(message), waiting);
    if (atEnd) toEnd();
    if (fresh.some((message) => message.sender_id !== user.id)) readAll();
    return true;
  }

  // --- Writing ---

  const text = h('textarea', {
    id: 'message', name: 'message', rows: 2, maxlength: LONGEST, placeholder: t('talk.placeholder'),
    onkeydown: (event) => {
      // On a touch keyboard Enter makes a new line: there is no Shift beside it.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) return;
      event.preventDefault();
      composer.requestSubmit();
    },
  });
  const composer = h('form', {
    class: 'composer', novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      const written = text.value.trim();
      if (!written) return text.focus();
      text.value = '';
      text.focus();
      queue(written);
    },
  },
  h('label', { for: 'message', class: 'visually-hidden' }, t('talk.message')), text,
  h('button', { type: 'submit', class: 'button button-primary' }, icon('send'), h('span', null, t('talk.send'))));
  const foot = h('div', { role: 'status' });

  let sending = Promise.resolve(); // One after the other, so that they arrive in the order in which they were written.
  function queue(written) {
    const key = newKey(); // Trying again after a lost answer makes no second message.
    const note = h('span', { class: 'bubble-note' }, t('talk.sending'));
    const node = h('li', { class: 'bubble is-own', 'data-sending': true }, h('p', null, written), note);
    bubbles.append(node);
    toEnd();
    const attempt = () => { sending = sending.then(send); };
    const send = async () => {
      note.replaceChildren(t('talk.sending'));
      try {
        const message = await api.sendMessage(lead.id, written, key);
        const shown = known.has(message.id);
        known.add(message.id);
        if (shown) node.remove();
        else node.replaceWith(bubble(message));
        again();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 409) await refresh().catch(() => {});
        note.replaceChildren(h('span', { role: 'alert' }, `${t('talk.unsent')} ${errorText(error)}`), ' ',
          button(t('retry'), { kind: 'link', onclick: attempt }));
      }
    };
    attempt();
  }

  // --- Its state ---

  const state = h('div', { class: 'lead-state' });
  function showState({ status, listing }) {
    const closed = status === 'closed';
    state.replaceChildren(...(isOwner
      ? [statusSwitch({ id: lead.id, status }, other.name, (now) => { lead.status = now; showState(lead); })]
      : [stage(status)]), ...(listing.is_active ? [] : [badge(t('leads.inactive'), 'off')]));
    const why = !lead.contact ? 'talk.gone' : closed && (isOwner ? 'talk.closed.owner' : 'talk.closed');
    composer.hidden = Boolean(why);
    foot.replaceChildren(why ? h('p', { class: 'soon' }, t(why)) : '');
  }
  async function refresh() {
    const now = await api.lead(lead.id, { signal });
    if (now.status !== lead.status) showState(Object.assign(lead, { status: now.status }));
  }

  let turn = 0;
  const again = poll(async () => {
    turn += 1;
    if (turn % 5 === 0) await refresh();
    const { items } = await api.messages(lead.id, { limit: PAGE }, { signal });
    const fresh = items.filter((message) => !known.has(message.id) && message.sender_id !== user.id);
    if (fresh.length) announce(t('talk.new', { name: other.name }));
    return add(items);
  }, { ...PAUSES, signal });

  showState(lead);
  showOlder();
  bubbles.append(lead.contact ? h('li', { class: 'bubbles-empty muted' }, t('talk.empty', { name: other.name })) : '');
  add(firstPage.items);
  requestAnimationFrame(toEnd);
  return [
    back(),
    h('div', { class: 'heading' }, h('div', null, h('h1', { tabindex: '-1' }, other.name), lead.contact && contacts(other, phone))),
    h('ul', { class: 'items' }, listingRow(lead.listing, state)),
    h('section', { class: 'panel talk', 'aria-label': t('talk.messages') }, older, bubbles, foot, composer),
  ];
}
