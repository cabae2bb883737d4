import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ServiceView, VERDICT_NAMES } from '../core/views.ts';
import { packServices, unpackServices } from './packed-services.ts';

const BUILD = { version: 'v1.3.0', revision: '982c388', source: null, created: null };

const ONE: ServiceView = {
  cluster: 'one',
  id: 'a',
  name: 'web',
  stack: 'shop',
  image: 'docker.io/acme/web:v1',
  running: 'sha256:a',
  published: 'sha256:a',
  checkedAt: '2026-01-01T00:00:00.000Z',
  verdict: 'current',
  reason: null,
  detail: 'as it should be',
  mode: 'replicated',
  replicas: { running: 2, desired: 2 },
  updatedAt: '2026-01-01T00:00:00Z',
  deployment: 'd-1',
  build: BUILD,
};

/** A value that differs, for each field. */
const OTHER: Required<ServiceView> = {
  cluster: 'two',
  id: 'b',
  name: 'api',
  stack: null,
  image: '__proto__',
  running: null,
  published: null,
  checkedAt: null,
  verdict: 'held',
  reason: 'known-bad',
  detail: '',
  mode: 'global',
  replicas: null,
  updatedAt: '2026-01-02T00:00:00Z',
  deployment: null,
  build: { ...BUILD, revision: '4711aaa' },
};

const fields = Object.keys(OTHER) as (keyof ServiceView)[];

describe('packed services', () => {
  it.each(fields)('keep a %s that is not that of the others', (field) => {
    const services = [ONE, { ...ONE, [field]: OTHER[field] }, ONE];
    expect(unpackServices(packServices(services))).toEqual(services);
  });

  it('keep a detail that only some have', () => {
    const { detail: _detail, ...plain } = ONE;
    const services = [ONE, plain, ONE];
    expect(unpackServices(packServices(services))).toStrictEqual(services);
  });

  it('are what they were, in their order, whatever they share', () => {
    const differing = fc.subarray(fields).map((some): ServiceView => {
      const changed = some.map((field) => [field, OTHER[field]]);
      return { ...ONE, ...Object.fromEntries(changed) };
    });
    const any = fc.record({
      name: fc.string(),
      stack: fc.option(fc.string(), { nil: null }),
      image: fc.constantFrom('a', 'b'),
    });
    const verdicts = fc.record({ verdict: fc.constantFrom(...VERDICT_NAMES) });
    const view = fc
      .tuple(differing, any, verdicts)
      .map(([one, change, verdict]) => ({ ...one, ...change, ...verdict }));
    fc.assert(
      fc.property(fc.array(view), (services) => {
        expect(unpackServices(packServices(services))).toStrictEqual(services);
      }),
    );
  });

  it('are a fifth of their JSON where many are of one image', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const { detail: _detail, ...plain } = { ...ONE, running: digest, published: digest };
    const services = Array.from(
      { length: 1_000 },
      (_, index): ServiceView => ({
        ...plain,
        id: `k3v9q1m0z7h8p2x5w4r6t1y0${index}`,
        name: `shop_web-${index}`,
        image: `registry.example.org/acme/app-${index % 50}:v1`,
      }),
    );
    const packed = packServices(services);
    expect(JSON.stringify(services).length / packed.length).toBeGreaterThan(4);
  });
});
