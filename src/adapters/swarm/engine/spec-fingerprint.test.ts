import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, specFingerprint } from './spec-fingerprint.ts';

const spec = (change: {
  image?: string;
  platforms?: object[];
  force?: number;
  placement?: object;
  env?: string[];
  labels?: object;
}) => ({
  Name: 'web',
  Labels: change.labels ?? { a: '1' },
  TaskTemplate: {
    ContainerSpec: { Image: change.image ?? 'acme/web:v1', Env: change.env ?? ['A=1'] },
    Placement: { ...change.placement, ...(change.platforms && { Platforms: change.platforms }) },
    ForceUpdate: change.force ?? 0,
  },
});

describe('the fingerprint of a spec', () => {
  const base = specFingerprint(spec({}));

  it.each([
    ['another image', spec({ image: 'acme/web:v2@sha256:00' })],
    ['platforms', spec({ platforms: [{ OS: 'linux', Architecture: 'amd64' }] })],
    ['a forced restart', spec({ force: 7 })],
    [
      'no placement at all',
      { ...spec({}), TaskTemplate: { ContainerSpec: { Image: 'x', Env: ['A=1'] } } },
    ],
  ])('stays the same with %s', (_what, changed) => {
    expect(specFingerprint(changed)).toBe(base);
  });

  it.each([
    ['the environment', spec({ env: ['A=2'] })],
    ['a label', spec({ labels: { a: '2' } })],
    ['a constraint', spec({ placement: { Constraints: ['node.role==worker'] } })],
  ])('changes with %s', (_what, changed) => {
    expect(specFingerprint(changed)).not.toBe(base);
  });

  it('tells one constraint from another, also beside preferences', () => {
    const on = (role: string, more: object = {}) =>
      specFingerprint(spec({ placement: { Constraints: [`node.role==${role}`], ...more } }));
    const spread = { Preferences: [{ Spread: { SpreadDescriptor: 'node.labels.rack' } }] };
    const all = [on('worker'), on('manager'), on('worker', spread), on('manager', spread)];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('canonical JSON', () => {
  it('is the same whatever the order of keys, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
