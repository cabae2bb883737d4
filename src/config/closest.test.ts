import { expect, test } from 'vitest';
import { closest } from './closest.ts';

const keys = ['maxParallel', 'basePath', 'listen', 'labelled', 'url'];

test.each([
  ['maxParalel', 'maxParallel'],
  ['base_path', 'basePath'],
  ['BASE-PATH', 'basePath'],
  ['lisetn', 'listen'],
  ['ur', 'url'],
  ['lebelled', 'labelled'],
  ['colour', null],
  ['', null],
])('%s was meant as %s', (text, meant) => {
  expect(closest(text, keys)).toBe(meant);
});
