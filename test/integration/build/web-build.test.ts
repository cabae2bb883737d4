import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildWeb, isWebStale } from '../../../scripts/web-build.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BUILT = join(ROOT, 'dist', 'web');

test('the dashboard that is tested is the one that is shipped, and tells nothing of where it was built', async () => {
  if (isWebStale()) await buildWeb();
  const scripts = readdirSync(join(BUILT, 'assets')).filter((name) => name.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(0);
  for (const name of scripts) {
    const text = readFileSync(join(BUILT, 'assets', name), 'utf8');
    expect(text.includes(ROOT)).toBe(false);
    expect(text).not.toContain('columnNumber');
  }
}, 60_000);
