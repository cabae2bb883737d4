import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serviceOf } from '../../support/http/api-samples.ts';
import { startFakeHelper } from '../../support/program/fake-helper.ts';
import { runCli } from '../../support/program/run-cli.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

test('the command line of the image is run as the guide shows it', async () => {
  // Whatever follows the image takes the place of `serve`, and goes to the program.
  const dockerfile = read('Dockerfile');
  expect(dockerfile).toMatch(/^ENTRYPOINT \[.*"\/app\/dist\/main\.js"\]$/m);
  expect(dockerfile).toMatch(/^CMD \["serve"\]$/m);
  const line = /^docker run --rm -e CD_HELPER_API_TOKEN \S+ (.*)$/m.exec(
    read('docs/guide/install.md'),
  )?.[1];
  expect(line).toMatch(/^status --url \S+$/);
  await using helper = await startFakeHelper(({ path }) => ({
    body: { items: path === '/api/v1/services' ? [serviceOf({ name: 'web' })] : [], next: null },
  }));
  const argv = (line ?? '')
    .split(' ')
    .map((word) => (word.startsWith('https:') ? helper.url : word));
  const { status, out } = await runCli(argv, {
    env: { CD_HELPER_API_TOKEN: 'secret-of-somebody' },
  });
  expect([status, out]).toEqual([0, expect.stringContaining('web')]);
  expect(helper.requests[0]?.headers.authorization).toBe('Bearer secret-of-somebody');
});
