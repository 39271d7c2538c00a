/** All published listings as a list: for people who want to look around before they register, and for everybody else. */

import { api } from '../api.js';
import { criteriaFields, explainCriteria, flat, fromQuery, readCriteria, reversed, summary } from '../criteria.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { button, emptyState, form, heading, listingRow, markInvalid, pagedList } from '../ui.js';
import { saveSearch } from './searches.js';

const PAGE = 12;

export function explore({ query, user, signal, go }) {
  const criteria = fromQuery(query);
  const wanted = flat(criteria);
  const show = (chosen) => {
    const address = new URLSearchParams(flat(chosen)).toString();
    go(address ? `explore?${address}` : 'explore');
  };
  const fields = form([
    criteriaFields(criteria),
    h('div', { class: 'row' },
      h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, t('explore.show'))),
      button(t('pref.clear'), { onclick: () => go('explore') })),
  ], async (values) => {
    const chosen = readCriteria(values);
    const wrong = reversed(chosen);
    if (wrong) {
      markInvalid(fields.elements[wrong], t('invalid.range'));
      return fields.elements[wrong].focus();
    }
    await api.listings({ ...flat(chosen), limit: 1 }, { signal }); // Says beside the field what is wrong with it.
    show(chosen);
  }, { class: 'preferences', role: 'search', explain: explainCriteria });
  const filters = h('details', { class: 'panel explore-filters' },
    h('summary', null, icon('sliders'), h('span', null, `${t('explore.filters')}: ${summary(criteria)}`)), fields);
  return h('div', { class: 'page' },
    user
      ? heading(t('explore.title'), t('explore.text'),
        button(t('search.save'), { kind: 'soft', icon: 'bell', onclick: () => saveSearch(criteria, go) }),
        h('a', { class: 'button button-plain', href: '#/searches' }, t('search.title')))
      : heading(t('explore.title'), t('explore.text.stranger'),
        button(t('register'), { kind: 'primary', onclick: () => go('enter?tab=register') })),
    filters,
    pagedList({
      signal,
      load: (cursor) => api.listings({ ...wanted, limit: PAGE, cursor, include: api.INCLUDE }, { signal }),
      row: (listing) => listingRow(listing),
      empty: () => emptyState({ name: 'home', title: t('admin.empty'), text: t('feed.empty.text') }),
    }));
}
