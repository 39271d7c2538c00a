/** What was typed into an editor and not saved yet: kept for as long as the tab lives, or until it is saved or given up. */

const PREFIX = 'draft:';

/** @param {string} name says whose draft it is, and of what */
export const draft = (name) => ({
  /** The fields by name, or null when there is no draft. */
  read: () => JSON.parse(sessionStorage.getItem(PREFIX + name)),
  keep: (values) => sessionStorage.setItem(PREFIX + name, JSON.stringify(values)),
  drop: () => sessionStorage.removeItem(PREFIX + name),
});

export function dropDrafts() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}
