/** Saved searches: what a person wants to be told of, and how often. */

import { api } from '../api.js';
import { flat, summary } from '../criteria.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { busy, button, choice, dialog, emptyState, field, form, heading, pagedList, toast, toastError } from '../ui.js';

const FREQUENCIES = ['instant', 'daily', 'off'];
const NAME = 255;

const frequencyOptions = () => FREQUENCIES.map((name) => [name, t(`search.${name}`)]);
const explainFull = (error) => (error.status === 409 ? t('search.full') : null);
const submit = () => h('div', { class: 'row row-end' }, h('button', { type: 'submit', class: 'button button-primary' }, h('span', null, t('save'))));
const nameField = (name) => field('name', { label: t('search.name'), hint: t('search.name.hint'), value: name, required: true, maxlength: NAME, autofocus: true });

/** A search as `PUT` and `POST` take it. */
const toWrite = ({ name, frequency, ...search }) => ({ ...criteriaOf(search), name, frequency });
const criteriaOf = ({ city, deal_type, property_type, price_min, price_max, filters }) => ({ city, deal_type, property_type, price_min, price_max, filters });

/** Asks for a name and saves what is searched now. */
export async function saveSearch(criteria, go) {
  const saved = await dialog(t('search.new'), (close) => form([
    h('p', { class: 'muted' }, t('search.what', { summary: summary(criteria) })),
    nameField(summary(criteria).slice(0, NAME)),
    choice('frequency', frequencyOptions(), 'instant', { label: t('search.frequency') }),
    submit(),
  ], async ({ name, frequency }) => close(await api.createSearch({ ...criteriaOf(criteria ?? {}), name, frequency })), { explain: explainFull }),
  { look: 'dialog-small' });
  if (saved) toast(t('search.saved'), { kind: 'good', action: { label: t('search.title'), run: () => go('searches') } });
}

export function searches({ signal, go }) {
  const list = pagedList({
    signal,
    load: (cursor) => api.searches({ cursor }, { signal }),
    row: (search) => searchRow(search, restored),
    empty: () => emptyState({
      name: 'bell', title: t('search.empty'), text: t('search.empty.text'),
      actions: [button(t('explore.title'), { kind: 'primary', icon: 'list', onclick: () => go('explore') })],
    }),
  });
  /** Takes a row away, and offers to make the same search again. */
  function restored(search, row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    list.settle();
    (next?.querySelector('a') ?? document.querySelector('main h1')).focus();
    toast(t('search.removed', { name: search.name }), {
      action: { label: t('search.restore'), run: () => busy(list, async () => list.prepend(await api.createSearch(toWrite(search)))) },
    });
  }
  return h('div', { class: 'page page-narrow' }, heading(t('search.title'), t('search.text')), list);
}

function searchRow(first, removed) {
  const row = h('li', { class: 'item item-plain' });
  function draw(search) {
    const { id, name, frequency } = search;
    const replace = async (change) => draw(await api.replaceSearch(id, { ...toWrite(search), ...change }));
    const often = choice(`frequency-${id}`, frequencyOptions(), frequency, {
      label: t('search.frequency.of', { name }),
      onchange: async ({ target }) => {
        try {
          await replace({ frequency: target.value });
          row.querySelector(':checked').focus();
          toast(t('search.changed', { name, frequency: t(`search.${target.value}`) }), { kind: 'good' });
        } catch (error) {
          draw(search);
          toastError(error);
        }
      },
    });
    often.classList.add('filter');
    row.dataset.search = id;
    row.replaceChildren(h('div', { class: 'item-body' },
      h('h2', { class: 'item-title' }, h('a', { href: address(search), 'aria-label': t('search.show', { name }) }, name)),
      h('p', { class: 'muted small' }, summary(search)),
      often,
      h('div', { class: 'row' },
        button(t('search.rename'), { icon: 'edit', 'aria-label': t('search.rename.label', { name }), onclick: () => rename(search, replace) }),
        button(t('search.remove'), {
          icon: 'cross', 'aria-label': t('search.remove.label', { name }),
          onclick: ({ currentTarget }) => busy(currentTarget, async () => {
            await api.removeSearch(id);
            removed(search, row);
          }),
        }))));
  }
  draw(first);
  return row;
}

/** Where the listings that fit are shown. */
function address(search) {
  const query = new URLSearchParams(flat(criteriaOf(search)));
  return query.size ? `#/explore?${query}` : '#/explore';
}

async function rename(search, replace) {
  const name = await dialog(t('search.rename'), (close) => form([nameField(search.name), submit()],
    async (values) => {
      await replace({ name: values.name });
      close(values.name);
    }), { look: 'dialog-small' });
  if (name) toast(t('search.renamed', { name }), { kind: 'good' });
}
