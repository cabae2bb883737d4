import type { Choice } from '../parts/fields.tsx';

const HOUR_MS = 3_600_000;

/** The durations of a freeze to choose from. */
export const UNTIL_CHOICES: readonly Choice[] = [
  { value: '1', label: 'for 1 hour' },
  { value: '4', label: 'for 4 hours' },
  { value: '12', label: 'for 12 hours' },
  { value: '24', label: 'for a day' },
  { value: '168', label: 'for a week' },
  { value: '', label: 'until somebody lifts it' },
];

/** The end of a freeze that begins now, RFC 3339; null if it has no end. */
export const untilOf = (hours: string, now: number): string | null =>
  hours === '' ? null : new Date(now + Number(hours) * HOUR_MS).toISOString();
