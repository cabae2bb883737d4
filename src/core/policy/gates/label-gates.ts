import { parseDuration } from '../../duration.ts';
import type { GatePolicy, Window } from './gate-policy.ts';
import { parseWindow } from './window.ts';

const MIN_AGE_LABEL = 'cd-helper.min-age';
const WINDOW_LABEL = 'cd-helper.window';
const APPROVAL_LABEL = 'cd-helper.approval';

/** Upper bound for a useful value: more people than this never agree. */
export const MOST_VOTES = 20;

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: string };

export const parseMinAge = (text: string): Parsed<number> => {
  const value = parseDuration(text);
  return value === null
    ? { ok: false, problem: 'expected a duration such as 72h, 90m or 3d' }
    : { ok: true, value };
};

/** Parses windows separated by `;`. Any of them is enough. */
export const parseWindows = (text: string): Parsed<readonly Window[]> => {
  const windows: Window[] = [];
  for (const part of text.split(';')) {
    const parsed = parseWindow(part);
    if (!parsed.ok) return parsed;
    windows.push(parsed.window);
  }
  return { ok: true, value: windows };
};

export const parseVotes = (text: string): Parsed<number> => {
  const value = /^[1-9]\d?$/.test(text) ? Number(text) : 0;
  return value < 1 || value > MOST_VOTES
    ? { ok: false, problem: `expected a number of votes from 1 to ${MOST_VOTES}` }
    : { ok: true, value };
};

const SEPARATE = [
  [MIN_AGE_LABEL, parseMinAge],
  [WINDOW_LABEL, parseWindows],
  [APPROVAL_LABEL, parseVotes],
] as const;

/** What is wrong with the value of such a label; null if it is valid. */
export const problemOfGateLabel = (label: string, value: string): string | null => {
  const parsed = SEPARATE.find(([name]) => name === label)?.[1](value);
  return parsed === undefined || parsed.ok ? null : parsed.problem;
};

const valueOf = <Value>(
  text: string | undefined,
  parse: (text: string) => Parsed<Value>,
): Value | null => {
  const parsed = text === undefined ? null : parse(text);
  return parsed?.ok === true ? parsed.value : null;
};

/** The gates from a service's own labels; null if there are none. An invalid label holds the service anyway. */
export const gatesOfLabels = (labels: Readonly<Record<string, string>>): GatePolicy | null => {
  const minAgeMs = valueOf(labels[MIN_AGE_LABEL], parseMinAge);
  const windows = valueOf(labels[WINDOW_LABEL], parseWindows);
  const votes = valueOf(labels[APPROVAL_LABEL], parseVotes);
  if (minAgeMs === null && windows === null && votes === null) return null;
  const approval = votes === null ? null : { votes, by: null, deadlineMs: null, opensMinAge: null };
  return { source: 'label', minAgeMs, windows, approval };
};
