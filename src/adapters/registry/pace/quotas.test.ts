import { expect, test } from 'vitest';
import { createQuotaBook, parseQuotaHeader } from './quotas.ts';

test.each([
  ['100;w=21600', { count: 100, windowSeconds: 21_600 }],
  [' 76 ; w=21600 ', { count: 76, windowSeconds: 21_600 }],
  ['100', null],
  ['many;w=2', null],
  ['', null],
  [null, null],
])('parseQuotaHeader(%j)', (text, expected) => {
  expect(parseQuotaHeader(text)).toEqual(expected);
});

test('the last word of a registry counts, and silence changes nothing', () => {
  let now = 1;
  const book = createQuotaBook(() => now);
  const told = (headers: Record<string, string>) => ({
    header: (name: string) => headers[name] ?? null,
  });
  book.note('docker.io', told({ 'ratelimit-limit': '100;w=60', 'ratelimit-remaining': '9;w=60' }));
  now = 2;
  book.note(
    'docker.io',
    told({
      'ratelimit-limit': '100;w=60',
      'ratelimit-remaining': '8;w=60',
      'docker-ratelimit-source': '192.0.2.1',
    }),
  );
  now = 3;
  book.note('docker.io', told({}));
  expect(book.list()).toEqual([
    { host: 'docker.io', limit: 100, remaining: 8, windowSeconds: 60, source: '192.0.2.1', at: 2 },
  ]);
});
