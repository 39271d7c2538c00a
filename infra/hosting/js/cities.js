/** A field for a city, with the known cities as suggestions in the reader's language. */

import { api } from './api.js';
import { h } from './dom.js';
import { current } from './i18n.js';
import { field } from './ui.js';

let cities = null;

/** The known cities; none where the API does not tell them, and then the next field asks again. */
function known() {
  cities ??= api.cities().catch(() => { cities = null; return []; });
  return cities;
}

/** Any other city can be typed too. */
export function cityField(props) {
  const place = field('city', { maxlength: 128, ...props });
  const input = place.querySelector('input');
  const list = h('datalist', { id: `${input.id}-cities` });
  input.addEventListener('focus', async () => {
    const names = (await known()).map((city) => city[current()] ?? city.name);
    if (!names.length) return;
    list.replaceChildren(...names.map((name) => h('option', { value: name })));
    input.setAttribute('list', list.id);
  }, { once: true });
  place.append(list);
  return place;
}
