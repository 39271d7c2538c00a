/**
 * The tenant's deck: which cards are next, and the swipes on their way to the API.
 *
 * A swipe shows at once and is sent at once, one after the other. A card whose swipe could not be saved
 * comes back on top, together with those swiped after it, and `lost` tells of it: no choice gets lost silently.
 */

import { ApiError, api } from './api.js';

const PAGE = 10;
const REFILL_BELOW = 4;

/** Events: `change` (cards or state), `saved` {entry}, `lost` {entries, error}, `gone` {entry, error}. */
export class Deck extends EventTarget {
  cards = [];
  /** Listings liked here whose leads may not be there yet. */
  liked = new Set();
  error = null;
  #swiped = new Set(); // Never shown again: the API may not know of a swipe that is on its way.
  #history = [];
  #outbox = [];
  #sending = Promise.resolve();
  #loading = false;
  #exhausted = false;
  #generation = 0;
  #undoing = false;

  get state() {
    if (this.cards.length) return 'ready';
    if (this.error) return 'error';
    return this.#exhausted ? 'empty' : 'loading';
  }

  /** Choices not saved yet. */
  get pending() {
    return this.#outbox.length;
  }

  /** Forgets the cards, because the preferences or the time have changed. */
  reset() {
    this.#generation += 1;
    this.cards = [];
    this.#loading = false;
    this.#exhausted = false;
    this.error = null;
    this.#tell('change');
    return this.refill();
  }

  /** Loads more cards when few are left. */
  async refill() {
    if (this.#loading || this.#exhausted || this.cards.length >= REFILL_BELOW) return;
    const generation = this.#generation;
    this.#loading = true;
    this.error = null;
    try {
      const listings = await api.feed(PAGE);
      if (generation !== this.#generation) return;
      const known = new Set(this.cards.map((card) => card.id));
      const fresh = listings.filter((listing) => !known.has(listing.id) && !this.#swiped.has(listing.id));
      this.cards.push(...fresh);
      this.#exhausted = listings.length < PAGE;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (generation === this.#generation) this.error = error;
    } finally {
      if (generation === this.#generation) {
        this.#loading = false;
        this.#tell('change');
      }
    }
  }

  /** The user's choice on the top card. */
  swipe(action) {
    const listing = this.cards.shift();
    if (!listing) return null;
    const entry = { listing, action };
    this.#swiped.add(listing.id);
    this.#history.push(entry);
    this.#outbox.push(entry);
    if (this.#outbox.length === 1) this.#sending = this.#send();
    this.#tell('change');
    this.refill();
    return entry;
  }

  async #send() {
    while (this.#outbox.length) {
      const [entry] = this.#outbox;
      try {
        await api.swipe(entry.listing.id, entry.action);
        this.#outbox.shift();
        if (entry.action === 'like') this.liked.add(entry.listing.id);
        this.#tell('saved', { entry });
        this.refill(); // A page that came while swipes were on their way may have held nothing new.
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const gone = error.status === 404 || error.status === 400; // Unpublished meanwhile, or one's own.
        const entries = gone ? this.#outbox.splice(0, 1) : this.#outbox.splice(0);
        this.#history = this.#history.filter((past) => !entries.includes(past));
        if (!gone) {
          for (const { listing } of entries) this.#swiped.delete(listing.id);
          this.cards.unshift(...entries.map(({ listing }) => listing));
        }
        this.#tell(gone ? 'gone' : 'lost', { entry, entries, error });
        this.#tell('change');
      }
    }
  }

  /** Resolves when every swipe is saved or given back. */
  idle() {
    return this.#sending;
  }

  /**
   * Takes back the latest choice, also one of an earlier visit.
   * @returns {Promise<{listing: object|null, action: string|null}|null>} null when the card had come back by itself;
   *   the listing is null when it is no longer there
   */
  async undo() {
    if (this.#undoing) return null;
    this.#undoing = true;
    try {
      const last = this.#history.at(-1);
      await this.idle();
      if (last && !this.#history.includes(last)) return null;
      const { listing_id } = await api.undo();
      const entry = this.#history.find((past) => past.listing.id === listing_id);
      this.#history = this.#history.filter((past) => past !== entry);
      this.#swiped.delete(listing_id);
      this.liked.delete(listing_id);
      const listing = entry?.listing ?? (await api.listing(listing_id).catch((error) => {
        if (error.status === 404) return null;
        throw error;
      }));
      if (listing) this.cards = [listing, ...this.cards.filter((card) => card.id !== listing_id)];
      this.#tell('change');
      return { listing, action: entry?.action ?? null };
    } finally {
      this.#undoing = false;
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
