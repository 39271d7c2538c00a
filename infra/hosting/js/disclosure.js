/** Before a person's first like on this device: the owner will see who they are and how to reach them. */

import { h } from './dom.js';
import { phone } from './format.js';
import { t } from './i18n.js';
import { confirmed } from './ui.js';

const stored = (user) => `contacts-told:${user.id}`;

export const knowsOfDisclosure = (user) => localStorage.getItem(stored(user)) !== null;

/** Resolves with true when the person agrees or has agreed before; asks only once. */
export async function agreesToDisclosure(user) {
  if (knowsOfDisclosure(user)) return true;
  const seen = [user.name, user.phone && phone(user.phone), user.email, user.telegram_id && 'Telegram'].filter(Boolean);
  const agreed = await confirmed(t('contacts.ask'), [
    h('p', null, t('contacts.text')),
    h('ul', { class: 'disclosed' }, seen.map((item) => h('li', null, item))),
    h('p', { class: 'muted small' }, t('contacts.once')),
  ], t('contacts.agree'), 'primary');
  if (agreed) localStorage.setItem(stored(user), 'yes');
  return Boolean(agreed);
}
