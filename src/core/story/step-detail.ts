import type { StepView } from '../contract/views.ts';

type Detail = StepView['detail'];

/** A text of a step's detail; null if it is missing or empty. */
export const textOf = (detail: Detail, name: string): string | null => {
  const value = detail[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

export const numberOf = (detail: Detail, name: string): number | null => {
  const value = detail[name];
  return typeof value === 'number' ? value : null;
};

/** The texts of a list, on one line; null if there are none. */
export const listOf = (detail: Detail, name: string): string | null => {
  const value = detail[name];
  return Array.isArray(value) && value.length > 0 ? value.join('; ') : null;
};

/** Unknown details are shown as is: the helper may be newer than its reader. */
export const otherDetail = (detail: Detail): string | null => {
  const pairs = Object.entries(detail).filter(([, value]) => value !== null);
  const said = pairs.map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return said.length === 0 ? null : said.join(', ');
};
