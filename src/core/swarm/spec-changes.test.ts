import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differingFields, specChanges } from './spec-changes.ts';

const spec = (container: object, task: object = {}) => ({
  Name: 'web',
  TaskTemplate: { ContainerSpec: container, ...task },
});

describe('what differs', () => {
  it('is told by its path, with what was there and what is', () => {
    const before = spec({ Image: 'acme/web:v1@sha256:a' }, { ForceUpdate: 1 });
    const platforms = [{ Architecture: 'amd64', OS: 'linux' }];
    const after = spec(
      { Image: 'acme/web:v1@sha256:b' },
      { ForceUpdate: 2, Placement: { Platforms: platforms } },
    );
    const place = 'TaskTemplate.Placement.Platforms[0]';
    expect(specChanges(before, after)).toEqual([
      {
        path: 'TaskTemplate.ContainerSpec.Image',
        before: 'acme/web:v1@sha256:a',
        after: 'acme/web:v1@sha256:b',
      },
      { path: 'TaskTemplate.ForceUpdate', before: '1', after: '2' },
      { path: `${place}.Architecture`, before: null, after: 'amd64' },
      { path: `${place}.OS`, before: null, after: 'linux' },
    ]);
    expect(specChanges(before, before)).toEqual([]);
  });

  it('of the environment is told by name alone', () => {
    const before = spec({ Env: ['A=1', 'B=2', 'C=3'] });
    const after = spec({ Env: ['C=3', 'A=9', 'D=4'] });
    const path = 'TaskTemplate.ContainerSpec.Env';
    expect(specChanges(before, after)).toEqual([
      { path: `${path}.A`, before: '***', after: '***' },
      { path: `${path}.B`, before: '***', after: null },
      { path: `${path}.D`, before: null, after: '***' },
    ]);
  });

  it('is told up to a bound', () => {
    const labels = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`l${index}`, 'x'.repeat(2_000)]),
    );
    const told = specChanges({}, { Labels: labels });
    expect(told.length).toBe(50);
    expect(JSON.stringify(told).length).toBeLessThan(50 * 700);
  });
});

/** Must not occur in any path or other value. */
const SECRET = 'hunter2-secret';
const name = fc.stringMatching(/^[A-Z_]{1,8}$/);
const environment = fc.oneof(
  fc.array(
    fc.oneof(
      name,
      name.map((text) => `${text}=${SECRET}`),
      fc.constant(`=${SECRET}`),
    ),
  ),
  fc.constantFrom(SECRET, [[SECRET]], { A: SECRET }, null, [SECRET.length], [{ A: SECRET }]),
);
const anySpec = fc
  .tuple(fc.jsonValue({ maxDepth: 3 }), environment, fc.constantFrom('Env', 'ENV', 'env'))
  .map(([rest, env, key]) => ({
    Rest: rest,
    TaskTemplate: { ContainerSpec: { [key]: env }, List: [{ [key]: env }] },
  }));

describe('whatever the specs are', () => {
  it('no value of an environment is ever shown', () => {
    fc.assert(
      fc.property(anySpec, anySpec, (before, after) => {
        expect(JSON.stringify(specChanges(before, after))).not.toContain(SECRET);
      }),
      { numRuns: 500 },
    );
  });

  it('the same differs in nothing, and what differs one way differs the other way round', () => {
    fc.assert(
      fc.property(anySpec, anySpec, (before, after) => {
        expect(specChanges(before, structuredClone(before))).toEqual([]);
        const back = specChanges(after, before).map(
          (one) => `${one.path} ${one.after} ${one.before}`,
        );
        const forth = specChanges(before, after).map(
          (one) => `${one.path} ${one.before} ${one.after}`,
        );
        if (forth.length < 50) expect(back.toSorted()).toEqual(forth.toSorted());
      }),
    );
  });
});

describe('fields that differ', () => {
  /** An integer with its exact digits, as in a spec that was read. */
  const exact = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON;

  it.each([
    ['a field that is gone', { a: { b: 1 } }, { a: {} }, ['a.b']],
    ['a field that was added', { a: {} }, { a: { b: false } }, ['a.b']],
    ['zero, which is not nothing', { swappiness: 0 }, {}, ['swappiness']],
    ['nothing, an empty text, list or object', { a: null, b: '', c: [], d: {} }, {}, []],
    ['an entry of a list', { a: ['x', 'y'] }, { a: ['x'] }, ['a[1]']],
    ['an empty entry of a list', { a: ['', 'x'] }, { a: ['x'] }, ['a[0]', 'a[1]']],
    ['an empty variable', { Env: ['A=', 'B=1'] }, { Env: ['B=1'] }, ['Env.A']],
    ['a variable, by name', { Env: ['A=1'] }, { Env: ['A=2'] }, ['Env.A']],
    [
      'integers that no number holds',
      { a: exact('18446744073709551615'), b: exact('9007199254740993') },
      { a: exact('18446744073709551615'), b: exact('9007199254740992') },
      ['b'],
    ],
  ])('are told of %s', (_what, one, other, fields) => {
    expect([...differingFields(one, other)].toSorted()).toEqual(fields);
    expect([...differingFields(other, one)].toSorted()).toEqual(fields);
  });

  it('are none of a spec and itself, written and read again', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(differingFields(JSON.parse(text), JSON.parse(text))).toEqual([]);
      }),
    );
  });
});
