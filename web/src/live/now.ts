import { computed, signal } from '@preact/signals';

/** The time that ages are computed from, in ms since the epoch. Advances every second while the page is visible. */
export const now = signal(Date.now());

const MINUTE_MS = 60_000;

/** The end of the present minute, for what is too large to be drawn every second. */
export const endOfMinute = computed(() => Math.ceil(now.value / MINUTE_MS) * MINUTE_MS);

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) now.value = Date.now();
});
