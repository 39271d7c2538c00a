/**
 * The service worker. It does one thing: without a network, opening the page shows /offline.html instead of the
 * browser's error. It keeps the files of that page and nothing else; no answer of the API ever passes through it.
 */

/** Changes whenever one of the files changes (a test compares them), so that browsers keep the new ones. */
const VERSION = '9c5c3853b0c6';
const FILES = ['/offline.html', '/css/offline.css', '/favicon.svg'];
const NAME = `offline-${VERSION}`;

addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
  event.waitUntil(forgetOld().then(() => clients.claim()));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate') event.respondWith(networkOr(request, '/offline.html'));
  else if (FILES.includes(new URL(request.url).pathname)) event.respondWith(networkOr(request, request));
});

async function keep() {
  const cache = await caches.open(NAME);
  await cache.addAll(FILES.map((path) => new Request(path, { cache: 'reload' })));
}

async function forgetOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== NAME).map((name) => caches.delete(name)));
}

/** The network comes first; what is kept answers only when there is none. */
async function networkOr(request, kept) {
  try {
    return await fetch(request);
  } catch (error) {
    const answer = await caches.match(kept);
    if (!answer) throw error;
    return answer;
  }
}
