import { expect, test } from 'vitest';
import { makeService } from '../../../test/support/work/make-service.ts';
import type { ConfiguredPolicy } from '../../core/policy/gates/matching-policies.ts';
import { gatesOf } from './gating.ts';

const NOW = Date.parse('2026-12-01T10:00:00Z');
const engine = { name: 'qa', capabilities: { setsDigest: true } };
const swarmpit = { name: 'qa', capabilities: { setsDigest: false } };
const gating = { policies: [], voters: [] };

const problem = (
  cluster: typeof engine,
  labels: Readonly<Record<string, string>>,
  given: Partial<Parameters<typeof gatesOf>[0]> = {},
): string | null | undefined =>
  gatesOf({ ...gating, ...given }, cluster, makeService({ labels, stack: 'shop' }), NOW)?.problem;

test('a service without labels and policies has no gates', () => {
  expect(gatesOf(gating, engine, makeService({ labels: {} }), NOW)).toBeNull();
});

test.each([
  [{ 'cd-helper.min-age': '72h' }],
  [{ 'cd-helper.approval': '1', 'cd-helper.window': 'daily 09:00-10:00 UTC' }],
])('behind Swarmpit %j holds the service', (labels) => {
  expect(problem(swarmpit, labels)).toMatch(/^Swarmpit cannot deploy a chosen digest/);
});

test('behind Swarmpit windows work', () => {
  expect(problem(swarmpit, { 'cd-helper.window': 'daily 09:00-10:00 UTC' })).toBeNull();
});

test('votes are counted by tokens whose scope the service is in', () => {
  const token = (clusters: readonly string[] | null, stacks: readonly string[] | null) => ({
    role: 'approver',
    scope: clusters === null && stacks === null ? null : { clusters, stacks },
  });
  const labels = { 'cd-helper.approval': '2' };
  const voters = [token(null, null), token(['qa'], ['shop*']), { role: 'viewer', scope: null }];
  expect(problem(engine, labels, { voters })).toBeNull();
  expect(problem(engine, labels, { voters: voters.slice(1) })).toContain('1 token can give one');
  expect(
    problem(engine, labels, { voters: [token(null, null), token(['other'], null)] }),
  ).toContain('label asks for 2 votes');
});

test('a policy applies where all that it names match', () => {
  const policy = (match: Partial<ConfiguredPolicy['match']>): ConfiguredPolicy => ({
    source: 'p',
    match: { clusters: null, stacks: null, services: null, images: null, ...match },
    minAgeMs: 1,
    windows: null,
    approval: null,
  });
  const applies = (match: Partial<ConfiguredPolicy['match']>, stack: string | null = 'shop') =>
    gatesOf(
      { policies: [policy(match)], voters: [] },
      engine,
      makeService({ name: 'shop_web', stack, imageText: 'acme/web:v1' }),
      NOW,
    ) !== null;
  expect(applies({})).toBe(true);
  expect(applies({ clusters: ['q*'], stacks: ['shop'], services: ['shop_*'] })).toBe(true);
  expect(applies({ images: ['docker.io/acme/*'] })).toBe(true);
  expect(applies({ images: ['docker.io/other/*'] })).toBe(false);
  expect(applies({ clusters: ['production'] })).toBe(false);
  expect(applies({ stacks: ['*'] }, null)).toBe(false);
});
