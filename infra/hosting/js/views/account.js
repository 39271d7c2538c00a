/** One's own account: profile, password, and the devices that are signed in. */

import { api, session } from '../api.js';
import { h } from '../dom.js';
import { ago, phone } from '../format.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { badge, busy, button, confirmed, dialog, emptyState, errorState, errorText, field, form, heading, pagedList, spinner, toast } from '../ui.js';

export function account(context) {
  return h('div', { class: 'page page-narrow' },
    heading(t('account.title')),
    part(t('account.profile'), profile(context)),
    part(t('account.verified'), verified(context)),
    part(t('account.password'), password(context)),
    part(t('account.sessions'), sessions(context)),
    part(t('account.data'), ownData(context)));
}

const part = (title, ...children) => h('section', { class: 'panel account-part', 'aria-label': title }, h('h2', null, title), children);

const submit = (label) => h('div', { class: 'row' }, h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, label)));

/** A wrong password is 403: the person is signed in all the same. */
const explainPassword = (error) => (error.status === 403 ? t('account.wrong') : null);

function profile({ user, changed }) {
  return form([
    field('name', { value: user.name, autocomplete: 'name', required: true, maxlength: 255 }),
    field('email', { type: 'email', value: user.email ?? '', autocomplete: 'email' }),
    field('phone', { type: 'tel', value: user.phone ? phone(user.phone) : '', autocomplete: 'tel', hint: t('field.phone.hint') }),
    field('current_password', { type: 'password', autocomplete: 'current-password', hint: t('account.password.why') }),
    submit(t('save')),
  ], async ({ name, email, phone: number, current_password }) => {
    const now = await api.updateMe({ name, email: email || null, phone: number || null, current_password: current_password || null });
    changed(now);
    toast(t('account.saved'), { kind: 'good' });
  }, { explain: (error) => (error.status === 409 ? t('register.taken') : explainPassword(error)) });
}

/** Which of the person's addresses are shown to be theirs; a code from the mail shows it of the email. */
function verified({ user, signal }) {
  const place = h('div', { class: 'verified' }, spinner());
  const state = (name, value, isVerified, more) => h('div', { class: 'verified-line' },
    h('p', null, icon(name), ' ', value), isVerified ? badge(t('account.verified.yes'), 'good') : badge(t('account.verified.no'), 'off'), more);
  const load = async () => {
    try {
      const { email, phone: hasPhone } = await api.verification({ signal });
      place.replaceChildren(
        user.email ? state('mail', user.email, email, !email && emailCode(load)) : '',
        user.phone ? state('phone', phone(user.phone), hasPhone, !hasPhone && h('p', { class: 'muted small' }, t('account.verified.phone'))) : '');
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(errorState(error, load));
    }
  };
  load();
  return place;
}

/** Sends a code to the email and asks for it. */
function emailCode(done) {
  const note = h('p', { class: 'form-error', role: 'alert' });
  const explain = (error) => ({ not_configured: t('account.code.off'), unreachable: t('account.code.unreachable') }[error.code] ?? errorText(error));
  const send = button(t('account.code.send'), {
    kind: 'soft', icon: 'mail',
    onclick: () => busy(send, async () => {
      await api.sendCode('email');
      place.replaceChildren(confirm());
      place.querySelector('input').focus();
    }, (error) => { note.textContent = explain(error); }),
  });
  const confirm = () => form([
    h('p', { class: 'muted small', role: 'status' }, t('account.code.sent')),
    field('code', { inputmode: 'numeric', autocomplete: 'one-time-code', required: true, maxlength: 6 }),
    submit(t('account.code.confirm')),
  ], async ({ code }) => {
    await api.verifyEmail(code);
    toast(t('account.verified.done'), { kind: 'good' });
    done();
  }, { explain: (error) => (error.code === 'wrong_code' || error.fields?.length ? t('reset.wrong') : null) });
  const place = h('div', { class: 'verified-code' }, send, note);
  return place;
}

/** A new password ends every session, this one too: it begins again with the new one. */
function password({ user }) {
  const node = form([
    h('input', { type: 'text', class: 'visually-hidden', autocomplete: 'username', value: user.email ?? user.phone, readonly: true, tabindex: '-1', 'aria-hidden': 'true' }), // For password managers.
    field('current_password', { type: 'password', autocomplete: 'current-password', required: true }),
    field('new_password', { type: 'password', autocomplete: 'new-password', required: true, hint: t('field.password.hint') }),
    submit(t('account.password.change')),
  ], async ({ current_password, new_password }) => {
    await api.changePassword(current_password, new_password);
    session.open(await api.signIn(user.email ?? user.phone, new_password));
    node.reset();
    toast(t('account.password.changed'), { kind: 'good' });
  }, { explain: explainPassword });
  return node;
}

function sessions({ signal, signOut }) {
  const list = pagedList({
    signal,
    into: h('ul', { class: 'devices' }),
    load: (cursor) => api.sessions({ limit: 20, cursor }, { signal }),
    row: ({ id, user_agent, created_at, last_used_at }) => {
      const name = device(user_agent ?? '');
      const row = h('li', null,
        icon('device'),
        h('div', null, h('strong', null, name),
          h('p', { class: 'muted small' }, t('account.session', { used: ago(last_used_at), since: ago(created_at) }))),
        button(t('account.session.end'), {
          'aria-label': t('account.session.end.label', { name }),
          onclick: ({ currentTarget }) => busy(currentTarget, async () => {
            await api.endSession(id);
            row.remove();
            list.settle();
            toast(t('account.session.ended', { name }), { kind: 'good' });
          }),
        }));
      return row;
    },
    empty: () => emptyState({ name: 'device', title: t('account.sessions.none') }),
  });
  const everywhere = button(t('account.everywhere'), {
    kind: 'danger',
    onclick: () => busy(everywhere, async () => {
      if (!(await confirmed(t('account.everywhere.ask'), t('account.everywhere.text'), t('account.everywhere')))) return;
      await api.signOutEverywhere();
      await signOut();
    }),
  });
  return [h('p', { class: 'muted small' }, t('account.sessions.text')), list, h('div', { class: 'row' }, everywhere)];
}

/** All that is stored about the person, as a file, and the way to end it. */
function ownData(context) {
  const download = button(t('account.export'), {
    icon: 'download',
    onclick: () => busy(download, async () => {
      const file = new Blob([JSON.stringify(await api.exportMe(), null, 2)], { type: 'application/json' });
      const href = URL.createObjectURL(file);
      h('a', { href, download: `real-estate-tinder-${new Date().toISOString().slice(0, 10)}.json` }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
    }),
  });
  return [
    h('p', { class: 'muted small' }, t('account.data.text')),
    h('div', { class: 'row' }, download, button(t('account.delete'), { kind: 'danger', onclick: () => deleteAccount(context) })),
  ];
}

async function deleteAccount({ user, leave }) {
  const deleted = await dialog(t('account.delete.ask'), (close) => {
    const place = h('div');
    const ask = (isByCode) => form([
      h('p', null, t('account.delete.text')),
      isByCode
        ? [h('p', { class: 'muted small', role: 'status' }, t('account.delete.sent')),
          field('code', { inputmode: 'numeric', autocomplete: 'one-time-code', required: true, maxlength: 6, autofocus: true })]
        : field('current_password', { type: 'password', autocomplete: 'current-password', required: true, autofocus: true }),
      h('div', { class: 'row row-end' },
        !isByCode && noPassword(),
        button(t('cancel'), { onclick: () => close(false) }),
        h('button', { type: 'submit', class: 'button button-danger' }, h('span', null, t('account.delete')))),
    ], async (proof) => {
      await api.deleteMe(proof);
      close(true);
    }, {
      explain: (error) => {
        if (error.code === 'last_admin') return t('admin.last');
        if (error.code === 'wrong_code' || error.fields?.some(({ name }) => name === 'code')) return t('reset.wrong');
        return explainPassword(error);
      },
    });
    /** Who has come by Telegram alone has no password. */
    const noPassword = () => {
      const send = button(t('account.delete.code'), {
        kind: 'link',
        onclick: () => busy(send, async () => {
          await api.sendCode(user.telegram_id ? 'telegram' : 'email');
          place.replaceChildren(ask(true));
          place.querySelector('input').focus();
        }, (error) => toast(error.code === 'not_configured' ? t('reset.off') : errorText(error), { kind: 'error' })),
      });
      return send;
    };
    place.append(ask(false));
    return place;
  }, { look: 'dialog-small' });
  if (!deleted) return;
  leave();
  toast(t('account.deleted'), { kind: 'good' });
}

/** "Chrome, Android": the first names that are found; many browsers also name others after their own. */
function device(agent) {
  const first = (names) => names.find((name) => agent.includes(name));
  const browser = first(['Telegram', 'Edg', 'OPR', 'YaBrowser', 'SamsungBrowser', 'Firefox', 'Chrome', 'Safari']);
  const system = first(['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux']);
  const names = { Edg: 'Edge', OPR: 'Opera', YaBrowser: 'Yandex', SamsungBrowser: 'Samsung', 'Mac OS': 'macOS' };
  return [browser, system].filter(Boolean).map((name) => names[name] ?? name).join(', ') || agent.slice(0, 60) || t('account.device');
}
