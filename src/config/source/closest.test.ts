import { expect, test } from 'vitest';
import { closest } from './closest.ts';

const keys = ['start', 'maxParallel', 'basePath', 'listen', 'labelled', 'url'];

test.each([
  ['maxParalel', 'maxParallel'],
  ['base_path', 'basePath'],
  ['BASE-PATH', 'basePath'],
  ['lisetn', 'listen'],
  ['ur', 'url'],
  ['lebelled', 'labelled'],
  ['colour', null],
  ['', null],
  ['r._aa_art', null],
])('%s was meant as %s', (text, meant) => {
  expect(closest(text, keys)).toBe(meant);
});
