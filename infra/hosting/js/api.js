/**
 * A thin client of the public API: same origin, JSON, bearer token.
 * Every failure becomes an ApiError; nothing is retried behind the user's back.
 */

const TOKEN = 'token';
const TIMEOUT_MS = 30_000;

export class ApiError extends Error {
  /**
   * @param {'network'|'timeout'|'http'} kind
   * @param {object} [info] status, the answer's `detail`, `retryAfter` in seconds
   */
  constructor(kind, { status = 0, detail = '', retryAfter = null } = {}) {
    super(`${kind} ${status}`);
    Object.assign(this, { kind, status, detail, retryAfter });
  }

  /** What a 422 says about single fields: [{name, type, msg}]; name is null for the body as a whole. */
  get fields() {
    if (this.status !== 422 || !Array.isArray(this.detail)) return [];
    return this.detail.map(({ type, loc, msg }) => ({ name: loc.length > 1 ? String(loc.at(-1)) : null, type, msg }));
  }
}

/** Tells what goes over the wire: `call` events with {method, path, status, ms}. */
export const wire = new EventTarget();

/**
 * The token, kept for as long as the tab lives.
 * Events: `expired` when a request with a token got 401; `forbidden` on 403, because the role may have changed.
 */
class Session extends EventTarget {
  get token() {
    return sessionStorage.getItem(TOKEN);
  }

  set token(value) {
    if (value) sessionStorage.setItem(TOKEN, value);
    else sessionStorage.removeItem(TOKEN);
  }
}

export const session = new Session();

async function request(method, path, { query, json, form, key, anonymous, keepalive, signal } = {}) {
  const search = new URLSearchParams(
    Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  ).toString();
  const url = search ? `${path}?${search}` : path;
  const token = anonymous ? null : session.token;
  const headers = { Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;

  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const started = performance.now();
  const note = (status) =>
    wire.dispatchEvent(
      new CustomEvent('call', { detail: { method, path: url, status, ms: Math.round(performance.now() - started) } }),
    );

  let response, data;
  try {
    response = await fetch(url, {
      method,
      headers,
      keepalive,
      body: json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      cache: 'no-store',
    });
    const text = await response.text();
    data = /\bjson\b/.test(response.headers.get('Content-Type') ?? '') ? JSON.parse(text) : undefined;
  } catch (error) {
    if (signal?.aborted) throw error; // The user has gone elsewhere: nobody waits for this answer.
    note(0);
    throw new ApiError(timeout.aborted ? 'timeout' : 'network');
  }
  note(response.status);

  if (!response.ok || data === undefined) {
    const error = new ApiError('http', {
      status: response.ok ? 502 : response.status, // A success that is not JSON did not come from the API.
      detail: data?.detail ?? '',
      retryAfter: seconds(response.headers.get('Retry-After')),
    });
    // A slow answer to an earlier sign-in must not end the present one.
    if (error.status === 401 && token && token === session.token) session.dispatchEvent(new Event('expired'));
    if (error.status === 403 && token) session.dispatchEvent(new Event('forbidden'));
    throw error;
  }
  return { data, response };
}

/** Retry-After is a number of seconds or a date (RFC 9110, 10.2.3). */
function seconds(value) {
  if (!value) return null;
  const wait = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - Date.now()) / 1000);
  return Number.isFinite(wait) ? Math.max(1, wait) : null;
}

/** The cursor of the next page from `Link: <…?cursor=…>; rel="next"` (RFC 8288), or null on the last page. */
export function nextCursor(link) {
  for (const [, target, params] of (link ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    if (/;\s*rel="?[^";]*\bnext\b/i.test(params)) return new URL(target, location.origin).searchParams.get('cursor');
  }
  return null;
}

const body = async (...args) => (await request(...args)).data;
const list = async (path, query, options = {}) => {
  const { data, response } = await request('GET', path, { query, ...options });
  return { items: data, next: nextCursor(response.headers.get('Link')) };
};

export const api = {
  health: () => body('GET', '/health', { anonymous: true }),

  register: (user) => body('POST', '/auth/register', { json: user, anonymous: true }),
  login: (username, password) => body('POST', '/auth/login', { form: { username, password }, anonymous: true }),
  me: () => body('GET', '/auth/me'),

  listings: (query) => list('/listings', query, { anonymous: true }),
  listing: (id) => body('GET', `/listings/${id}`, { anonymous: true }),
  cities: () => body('GET', '/listings/cities', { anonymous: true }),
  myListings: (query, options) => list('/listings/my', query, options),
  createListing: (listing) => body('POST', '/listings', { json: listing }),
  updateListing: (id, listing) => body('PUT', `/listings/${id}`, { json: listing }),
  deactivateListing: (id) => body('DELETE', `/listings/${id}`),

  preferences: (options) => body('GET', '/preferences', options),
  savePreferences: (preferences) => body('POST', '/preferences', { json: preferences }),

  feed: (limit) => body('GET', '/feed', { query: { limit } }),
  // keepalive: a swipe that is under way survives closing the page.
  swipe: (listing_id, action) =>
    body('POST', '/feed/action', { json: { listing_id, action, source: 'web' }, keepalive: true }),
  undo: () => body('POST', '/feed/undo'),

  favorites: (query, options) => list('/favorites/', query, options),
  addFavorite: (listing_id) => body('POST', '/favorites/', { json: { listing_id } }),
  removeFavorite: (listing_id) => body('DELETE', `/favorites/${listing_id}`),

  myLeads: (query, options) => list('/leads/my', query, options),
  leadsForMe: (query, options) => list('/leads/for-me', query, options),
  lead: (id, options) => body('GET', `/leads/${id}`, options),
  createLead: (listing_id) => body('POST', '/leads/', { json: { listing_id } }),
  messages: (id, query, options) => list(`/leads/${id}/messages`, query, options),
  sendMessage: (id, text, key) => body('POST', `/leads/${id}/messages`, { json: { text }, key }),
  readMessages: (id) => body('POST', `/leads/${id}/read`),
  setLeadStatus: (id, status) => body('PATCH', `/leads/${id}`, { json: { status } }),

  users: (query, options) => list('/admin/users', query, options),
  updateUser: (id, change) => body('PATCH', `/admin/users/${id}`, { json: change }),
  allListings: (query, options) => list('/admin/listings', query, options),
};
