/**
 * A thin client of the public API: same origin, JSON, bearer token.
 * Every failure becomes an ApiError; nothing is retried behind the user's back.
 */

const TIMEOUT_MS = 30_000;
const UPLOAD_TIMEOUT_MS = 180_000; // A photo over a slow phone's network.

export class ApiError extends Error {
  /**
   * @param {'network'|'timeout'|'http'} kind
   * @param {object} [info] status, the answer's `detail` and `code`, `retryAfter` in seconds
   */
  constructor(kind, { status = 0, detail = '', code = null, retryAfter = null } = {}) {
    super(`${kind} ${status}`);
    Object.assign(this, { kind, status, detail, code, retryAfter });
  }

  /** What a 422 says about single fields: [{name, type, msg}]; name is null for the body as a whole. */
  get fields() {
    if (this.status !== 422 || !Array.isArray(this.detail)) return [];
    return this.detail.map(({ type, loc, msg }) => ({ name: loc.length > 1 ? String(loc.at(-1)) : null, type, msg }));
  }
}

/** Tells what goes over the wire: `call` events with {method, path, status, ms}. */
export const wire = new EventTarget();

const SESSION = 'session';
const SOON_MS = 30_000; // An access token that ends this soon may end on its way.

/**
 * Who is signed in. The access token lives in memory alone. The refresh token lies in localStorage, so that a restart and
 * other tabs stay signed in: scripts of other origins cannot read it there, and the page's policy lets no script run but
 * its own. A cookie that scripts cannot read would need the API's answer to set it; the API is called from other origins
 * too and takes no cookies, which is also why no other site can act in a person's name. A stolen refresh token betrays
 * itself: each is good once, and a second use ends its session.
 *
 * Events: `expired` when the API no longer takes the session; `changed` when another tab has signed in or out;
 * `forbidden` on 403, because the role may have changed.
 */
class Session extends EventTarget {
  #access = null;
  #ends = 0;
  #renewing = null;

  constructor() {
    super();
    addEventListener('storage', ({ key, oldValue, newValue }) => {
      if (key !== SESSION || read(oldValue)?.user === read(newValue)?.user) return; // The same person, with the next token.
      this.#access = null;
      this.dispatchEvent(new Event('changed'));
    });
  }

  get isOpen() {
    return localStorage.getItem(SESSION) !== null;
  }

  get refreshToken() {
    return read(localStorage.getItem(SESSION))?.token ?? null;
  }

  open({ access_token, refresh_token, expires_in }) {
    this.#access = access_token;
    this.#ends = Date.now() + expires_in * 1000;
    localStorage.setItem(SESSION, JSON.stringify({ token: refresh_token, user: userOf(access_token) }));
  }

  close() {
    this.#access = null;
    localStorage.removeItem(SESSION);
  }

  /** The access token, a fresh one if need be; null when nobody is signed in. */
  async token() {
    if (!this.isOpen) return null;
    if (this.#access && Date.now() < this.#ends - SOON_MS) return this.#access;
    return this.renew(this.#access);
  }

  /** Another access token than `stale`; null when the session is over. Tabs do it one after the other, and one request serves all here. */
  renew(stale) {
    this.#renewing ??= locked(SESSION, () => this.#exchange(stale)).finally(() => { this.#renewing = null; });
    return this.#renewing;
  }

  async #exchange(stale) {
    if (this.#access && this.#access !== stale) return this.#access;
    const refresh_token = this.refreshToken; // As the last tab has left it.
    if (!refresh_token) return null;
    try {
      this.open(await api.refresh(refresh_token));
      return this.#access;
    } catch (error) {
      if (error.status !== 401) throw error; // No network is no reason to sign in again.
      this.close();
      this.dispatchEvent(new Event('expired'));
      return null;
    }
  }
}

const read = (stored) => (stored ? JSON.parse(stored) : null);
const userOf = (jwt) => JSON.parse(atob(jwt.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))).sub;

/** Browsers have locks where the page is secure; elsewhere the API forgives a second use for some seconds. */
const locked = (name, action) => (navigator.locks ? navigator.locks.request(name, action) : action());

export const session = new Session();

/** One request, with the token; once more with a fresh token when the API does not take the first. */
async function request(method, path, options = {}) {
  const token = options.anonymous ? null : await session.token();
  if (!options.anonymous && !token) throw new ApiError('http', { status: 401 });
  try {
    return await send(method, path, token, options);
  } catch (error) {
    if (error.status === 403 && token) session.dispatchEvent(new Event('forbidden'));
    if (error.status !== 401 || error.code === 'wrong_code' || !token) throw error; // A wrong code is not tried twice.
    const renewed = await session.renew(token);
    if (!renewed) throw error;
    return send(method, path, renewed, options);
  }
}

async function send(method, path, token, { query, json, form, key, keepalive, signal }) {
  const search = new URLSearchParams(
    Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  ).toString();
  const url = search ? `${path}?${search}` : path;
  const headers = { Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;

  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const note = stopwatch(method, url);

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
  if (!response.ok || data === undefined) throw failure(response.status, data, response.headers.get('Retry-After'));
  return { data, response };
}

/** Sends a file, and tells how far it is, from 0 to 1: `fetch` cannot tell. */
async function upload(path, file, { signal, onprogress }) {
  const token = await session.token();
  if (!token) throw new ApiError('http', { status: 401 });
  try {
    return await sendFile(path, file, token, signal, onprogress);
  } catch (error) {
    const renewed = error.status === 401 && (await session.renew(token));
    if (!renewed) throw error;
    return sendFile(path, file, renewed, signal, onprogress);
  }
}

function sendFile(path, file, token, signal, onprogress) {
  const note = stopwatch('POST', path);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (error) => { note(0); reject(error); };
    request.open('POST', path);
    request.responseType = 'json';
    request.timeout = UPLOAD_TIMEOUT_MS;
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.upload.onprogress = ({ loaded, total }) => onprogress(total ? loaded / total : 0);
    request.onerror = () => fail(new ApiError('network'));
    request.ontimeout = () => fail(new ApiError('timeout'));
    request.onabort = () => reject(signal.reason);
    request.onload = () => {
      const { status, response: data } = request;
      note(status);
      if (status === 200 && data) resolve(data);
      else reject(failure(status, data, request.getResponseHeader('Retry-After')));
    };
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

/** Tells of a call once its answer is there. */
function stopwatch(method, path) {
  const started = performance.now();
  return (status) => wire.dispatchEvent(new CustomEvent('call', { detail: { method, path, status, ms: Math.round(performance.now() - started) } }));
}

const failure = (status, data, retryAfter) => new ApiError('http', {
  status: status < 400 ? 502 : status, // A success that is not JSON did not come from the API.
  detail: data?.detail ?? '',
  code: data?.code ?? null,
  retryAfter: seconds(retryAfter),
});

/** A name for one request, which its repetitions keep. */
export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

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

/** What every listing shall bring along. */
const INCLUDE = 'photos,details';

export const api = {
  INCLUDE,
  health: () => body('GET', '/health', { anonymous: true }),

  register: (user) => body('POST', '/auth/register', { json: user, anonymous: true }),
  signIn: (username, password) => body('POST', '/auth/token', { form: { grant_type: 'password', username, password }, anonymous: true }),
  refresh: (refresh_token) => body('POST', '/auth/token', { form: { grant_type: 'refresh_token', refresh_token }, anonymous: true }),
  signOut: (refresh_token) => body('POST', '/auth/logout', { json: { refresh_token } }),
  signOutEverywhere: () => body('POST', '/auth/logout', { json: { everywhere: true } }),
  sessions: (query, options) => list('/auth/sessions', query, options),
  endSession: (id) => body('DELETE', `/auth/sessions/${id}`),
  me: (options) => body('GET', '/auth/me', options),
  exportMe: () => body('GET', '/auth/me/export'),
  deleteMe: (proof) => body('DELETE', '/auth/me', { json: proof }),
  updateMe: (change) => body('PATCH', '/auth/me', { json: change }),
  verification: async (options) => (await body('GET', '/auth/me', { query: { include: 'verification' }, ...options })).verification,
  sendCode: (channel) => body('POST', '/auth/verify', { json: { channel } }),
  verifyEmail: (code) => body('POST', '/auth/verify/confirm', { json: { channel: 'email', code } }),
  sendResetCode: (username) => body('POST', '/auth/password/reset', { json: { username }, anonymous: true }),
  resetPassword: (username, code, new_password) => body('POST', '/auth/password/reset/confirm', { json: { username, code, new_password }, anonymous: true }),
  changePassword: (current_password, new_password) => body('POST', '/auth/password', { json: { current_password, new_password } }),

  listings: (query, options) => list('/listings', query, { anonymous: true, ...options }),
  listing: (id, options) => body('GET', `/listings/${id}`, { query: { include: INCLUDE }, anonymous: true, ...options }),
  cities: () => body('GET', '/listings/cities', { anonymous: true }),
  myListings: (query, options) => list('/listings/my', query, options),
  createListing: (listing, key) => body('POST', '/listings', { query: { include: INCLUDE }, json: listing, key }),
  updateListing: (id, listing) => body('PUT', `/listings/${id}`, { query: { include: INCLUDE }, json: listing }),
  deactivateListing: (id) => body('DELETE', `/listings/${id}`),

  uploadPhoto: (listing_id, file, options) => upload(`/photos/${listing_id}`, file, options),
  orderPhotos: (listing_id, order) => body('PUT', `/photos/${listing_id}`, { json: { order } }),
  deletePhoto: (listing_id, id) => body('DELETE', `/photos/${listing_id}/${id}`),

  preferences: (options) => body('GET', '/preferences', { query: { include: 'filters' }, ...options }),
  savePreferences: (preferences) => body('POST', '/preferences', { query: { include: 'filters' }, json: preferences }),
  searches: (query, options) => list('/searches', query, options),
  createSearch: (search) => body('POST', '/searches', { json: search }),
  replaceSearch: (id, search) => body('PUT', `/searches/${id}`, { json: search }),
  removeSearch: (id) => body('DELETE', `/searches/${id}`),

  feed: (limit) => body('GET', '/feed', { query: { limit, include: INCLUDE } }),
  // keepalive: a swipe that is under way survives closing the page.
  swipe: (listing_id, action) =>
    body('POST', '/feed/action', { json: { listing_id, action, source: 'web' }, keepalive: true }),
  undo: () => body('POST', '/feed/undo'),

  favorites: (query, options) => list('/favorites/', query, options),
  addFavorite: (listing_id) => body('POST', '/favorites/', { json: { listing_id } }),
  removeFavorite: (listing_id) => body('DELETE', `/favorites/${listing_id}`),

  myLeads: (query, options) => list('/leads/my', query, options),
  leadsForMe: (query, options) => list('/leads/for-me', query, options),
  lead: (id, options) => body('GET', `/leads/${id}`, { query: { include: INCLUDE }, ...options }),
  createLead: (listing_id) => body('POST', '/leads/', { json: { listing_id } }),
  messages: (id, query, options) => list(`/leads/${id}/messages`, query, options),
  sendMessage: (id, text, key) => body('POST', `/leads/${id}/messages`, { json: { text }, key }),
  readMessages: (id) => body('POST', `/leads/${id}/read`),
  setLeadStatus: (id, status) => body('PATCH', `/leads/${id}`, { json: { status } }),

  notifications: (query, options) => list('/notifications', query, options),
  readNotifications: (which) => body('POST', '/notifications/read', { json: which }),
  notificationSettings: (options) => body('GET', '/notifications/settings', options),
  saveNotificationSettings: (settings) => body('PUT', '/notifications/settings', { json: settings }),

  users: (query, options) => list('/admin/users', query, options),
  updateUser: (id, change) => body('PATCH', `/admin/users/${id}`, { json: change }),
  allListings: (query, options) => list('/admin/listings', query, options),
  audit: (query, options) => list('/admin/audit', query, options),
};
