import { expect, it } from 'vitest';
import type { ForgeView } from '../../core/forge/forge-view.ts';
import { forgeFacts } from './forge-facts.ts';
import { labelledLines } from './labelled-lines.ts';

const view: ForgeView = {
  forge: 'github.com',
  repository: 'acme/web',
  commit: '982c38812345678901234567890123456789abcd',
  environment: 'production',
  state: 'failure',
  delivery: 'sent',
  url: 'https://github.com/acme/web/deployments/production',
  commitUrl: 'https://github.com/acme/web/commit/982c388',
  pullRequestUrl: 'https://github.com/acme/web/pull/177',
  compareUrl: 'https://github.com/acme/web/compare/1111111...982c388',
  lastError: null,
};
const lines = (forge: ForgeView | undefined): readonly string[] =>
  labelledLines({ dim: String }, 10, forgeFacts(forge));

it('names the state at the forge and its pages', () => {
  expect(lines(view)).toEqual([
    '  forge     failure: production on github.com/acme/web',
    '            https://github.com/acme/web/deployments/production',
    '  commit    https://github.com/acme/web/commit/982c388',
    '  request   https://github.com/acme/web/pull/177',
    '  changes   https://github.com/acme/web/compare/1111111...982c388',
  ]);
});

it('says why a report could not be sent', () => {
  const failed: ForgeView = {
    ...view,
    delivery: 'failed',
    url: null,
    pullRequestUrl: null,
    compareUrl: null,
    lastError: '422: no commit found for SHA',
  };
  expect(lines(failed)).toEqual([
    '  forge     failure, could not be sent: production on github.com/acme/web',
    '            422: no commit found for SHA',
    '  commit    https://github.com/acme/web/commit/982c388',
  ]);
});

it('says nothing where no forge is informed', () => {
  expect(lines(undefined)).toEqual([]);
});
