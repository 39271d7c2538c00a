/**
 * Asking again and again, politely: never in a hidden tab, less often while nothing happens, and rarely while it fails or
 * while nobody has touched the page for long.
 */

const IDLE_MS = 10 * 60_000;
const IDLE_PAUSE = 60_000;

let touched = Date.now();
const away = () => Date.now() - touched > IDLE_MS;
const back = new EventTarget();

for (const type of ['pointerdown', 'keydown', 'wheel']) {
  addEventListener(type, () => {
    const wasAway = away();
    touched = Date.now();
    if (wasAway) back.dispatchEvent(new Event('back'));
  }, { passive: true, capture: true });
}

/**
 * @param {() => Promise<boolean>} ask resolves with true when there was something new
 * @param {object} options
 * @param {number} options.fastest milliseconds until the next request after something new
 * @param {number} options.slowest the longest pause; failures come closer to it
 * @param {number} [options.quietest] the longest pause while there is nothing new; quiet answers come closer to it, each by half
 * @param {AbortSignal} options.signal ends it
 * @returns {() => void} asks soon again, because something was done here
 */
export function poll(ask, { fastest, slowest, quietest = slowest, signal }) {
  let pause = fastest;
  let timer = null;
  let asking = false;

  const later = () => {
    clearTimeout(timer);
    if (!signal.aborted && !document.hidden) timer = setTimeout(run, away() ? Math.max(pause, IDLE_PAUSE) : pause);
  };
  async function run() {
    if (asking || signal.aborted || document.hidden) return;
    asking = true;
    try {
      pause = (await ask()) ? fastest : Math.min(quietest, pause * 1.5);
    } catch (error) {
      pause = Math.max(Math.min(slowest, pause * 2), (error.retryAfter ?? 0) * 1000);
    } finally {
      asking = false;
      later();
    }
  }
  const now = () => {
    clearTimeout(timer);
    if (!document.hidden) run();
  };
  document.addEventListener('visibilitychange', now, { signal });
  back.addEventListener('back', now, { signal });
  signal.addEventListener('abort', () => clearTimeout(timer));
  later();
  return () => {
    pause = fastest;
    later();
  };
}
