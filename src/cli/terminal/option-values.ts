import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../core/duration.ts';

/** A number of 1 or more. */
export const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('A whole number of 1 or more.');
  return Number(text);
};

/** In ms. */
export const durationValue = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('A duration such as 30m, 2h or 3d.');
  return ms;
};

/** For options that may be given several times. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];

/** RFC 3339, or a duration before `now`, which is in ms since the epoch. */
export const timeValue = (text: string, now: number): string => {
  const ago = parseDuration(text);
  const at = ago === null ? Date.parse(text) : now - ago;
  if (Number.isNaN(at)) {
    throw new InvalidArgumentError('A time such as 2026-01-31T12:00:00Z, or an age such as 2h.');
  }
  return new Date(at).toISOString();
};
