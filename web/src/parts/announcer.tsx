import { signal } from '@preact/signals';

const said = signal('');
const HOLDS_MS = 5_000;
let clearing: ReturnType<typeof setTimeout> | undefined;

/** Announces to a screen reader something that changed without the person's action. */
export const announce = (text: string): void => {
  clearTimeout(clearing);
  said.value = text;
  clearing = setTimeout(() => {
    said.value = '';
  }, HOLDS_MS);
};

export const Announcer = () => (
  <p class="off-screen" role="status" aria-live="polite" aria-label="Changes">
    {said.value}
  </p>
);
