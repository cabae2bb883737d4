import { Registry } from 'prom-client';
import { createDriftBook, type DriftDeps } from './metrics-drift.ts';
import { createLabelLimit } from './metrics-label-limit.ts';
import { countLookups } from './metrics-lookups.ts';
import { type Readings, registerReadings } from './metrics-readings.ts';
import type { Registries } from '../../core/contract/registries.ts';

export type MetricsDeps = Omit<Readings, 'drift' | 'limitHost'> & DriftDeps;

export type Metrics = {
  readonly registry: Registry;
  /** The same registries, with their answers counted. */
  readonly countLookups: <T extends Pick<Registries, 'findDigest'>>(registries: T) => T;
  /** Registers the helper's metrics. The returned function keeps them up to date until the signal is aborted. */
  readonly watch: (deps: MetricsDeps) => (signal: AbortSignal) => Promise<void>;
};

/** Registries that have series of their own; all others are counted together. */
const MOST_HOSTS = 50;

/**
 * The helper's Prometheus metrics, apart from those of its HTTP requests. Values are taken at scrape time from memory
 * and the store: no cluster or registry is asked. `hosts` are the configured registries.
 */
export const createMetrics = (hosts: readonly string[]): Metrics => {
  const registry = new Registry();
  const limitHost = createLabelLimit(MOST_HOSTS, hosts);
  return {
    registry,
    countLookups: (registries) => countLookups(registries, registry, limitHost),
    watch: (deps) => {
      const drift = createDriftBook(deps);
      registerReadings(registry, { ...deps, drift: drift.read, limitHost });
      return drift.run;
    },
  };
};
