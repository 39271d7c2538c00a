/**
 * What was begun in an editor and not saved yet: kept until it is saved or given up. Fields lie with the tab and end with
 * it; photos, which are too large for that, lie in the browser's database, and nobody asks for them without their fields.
 */

const PREFIX = 'draft:';
const PHOTOS = 'photos';

/** @param {string} name says whose draft it is, and of what */
export const draft = (name) => ({
  /** The fields by name, or null when there is no draft. */
  read: () => JSON.parse(sessionStorage.getItem(PREFIX + name)),
  keep: (values) => sessionStorage.setItem(PREFIX + name, JSON.stringify(values)),
  readPhotos: () => photos('readonly', (store) => store.get(name)).then((files) => files ?? []).catch(() => []),
  keepPhotos: (files) => photos('readwrite', (store) => store.put(files, name)).catch(() => {}), // A full disk costs the draft, nothing else.
  dropPhotos: () => photos('readwrite', (store) => store.delete(name)).catch(() => {}),
  drop() {
    sessionStorage.removeItem(PREFIX + name);
    this.dropPhotos();
  },
});

export function dropDrafts() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  photos('readwrite', (store) => store.clear()).catch(() => {});
}

let opened = null;

function database() {
  opened ??= settled(Object.assign(indexedDB.open('drafts', 1), { onupgradeneeded: ({ target }) => target.result.createObjectStore(PHOTOS) }));
  return opened;
}

/** One step in the database; resolves with its result. */
const photos = async (mode, step) => settled(step((await database()).transaction(PHOTOS, mode).objectStore(PHOTOS)));

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
