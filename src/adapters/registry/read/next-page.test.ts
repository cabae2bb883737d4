import { expect, test } from 'vitest';
import { nextPage } from './next-page.ts';

test.each([
  [null, null],
  ['', null],
  ['</v2/acme/web/tags/list?last=v1&n=1000>; rel="next"', '?last=v1&n=1000'],
  ['<https://other.example/v2/acme/web/tags/list?last=v1>; rel="next"', '?last=v1'],
  ['</v2/acme/web/tags/list?n=50&next_page=gAAA%3D%3D>; rel="next"', '?n=50&next_page=gAAA%3D%3D'],
  ['<?last=v1&n=2>;rel=next', '?last=v1&n=2'],
  ['</a?first>; rel="first", </a?second>; rel="next"; title="x"', '?second'],
  ['</a?both>; rel="last next"', '?both'],
  ['</a?previous>; rel="prev"', null],
  ['</a?other>; rel="nextish"', null],
  ['</a>; rel="next"', null],
  ['no link at all', null],
  [`<${'a'.repeat(5_000)}?x>; rel="next"`, null],
])('of %j the next page is %j', (header, query) => {
  expect(nextPage(header)).toBe(query);
});
