import { describe, expect, it } from 'vitest';
import { compareVersions } from './engine-version.ts';

describe('API versions', () => {
  it.each([
    ['1.40', '1.41', -1],
    ['1.9', '1.41', -1],
    ['1.47', '1.47', 0],
    ['1.100', '1.47', 1],
    ['2.0', '1.47', 1],
  ])('%s against %s', (one, other, sign) => {
    expect(Math.sign(compareVersions(one, other))).toBe(sign);
  });
});
