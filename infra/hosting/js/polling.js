/** Asking again and again, politely: never in a hidden tab, less often while nothing happens, and rarely while it fails. */

/**
 * @param {() => Promise<boolean>} ask resolves with true when there was something new
 * @param {object} options
 * @param {number} options.fastest milliseconds until the next request after something new
 * @param {number} options.slowest the longest pause; failures and quiet answers come closer to it, each by half
 * @param {AbortSignal} options.signal ends it
 * @returns {() => void} asks soon again, because something was done here
 */
export function poll(ask, { fastest, slowest, signal }) {
  let pause = fastest;
  let timer = null;
  let asking = false;

  const later = () => {
    clearTimeout(timer);
    if (!signal.aborted && !document.hidden) timer = setTimeout(run, pause);
  };
  async function run() {
    if (asking || signal.aborted || document.hidden) return;
    asking = true;
    try {
      pause = (await ask()) ? fastest : Math.min(slowest, pause * 1.5);
    } catch (error) {
      pause = Math.max(Math.min(slowest, pause * 2), (error.retryAfter ?? 0) * 1000);
    } finally {
      asking = false;
      later();
    }
  }
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (!document.hidden) run();
  }, { signal });
  signal.addEventListener('abort', () => clearTimeout(timer));
  later();
  return () => {
    pause = fastest;
    later();
  };
}
