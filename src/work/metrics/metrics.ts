import { Registry } from 'prom-client';
import { createDriftBook, type DriftDeps } from './metrics-drift.ts';
import { createLabelLimit } from './metrics-label-limit.ts';
import { countLookUps } from './metrics-look-ups.ts';
import { type Readings, registerReadings } from './metrics-readings.ts';
import type { Registries } from '../../core/contract/registries.ts';

export type MetricsDeps = Omit<Readings, 'drift' | 'limitHost'> & DriftDeps;

export type Metrics = {
  readonly registry: Registry;
  /** The same registries, with what they answer counted. */
  readonly countLookUps: <T extends Pick<Registries, 'findDigest'>>(registries: T) => T;
  /** Registers what is to be read of the helper; the answer keeps it until the signal is aborted. */
  readonly watch: (deps: MetricsDeps) => (signal: AbortSignal) => Promise<void>;
};

/** Registries that have series of their own; what is asked of all others is counted together. */
const MOST_HOSTS = 50;

/**
 * What the helper tells Prometheus beside its requests. Values are taken when they are scraped, from
 * memory and the store: no cluster and no registry is asked. `hosts` are the configured registries.
 */
export const createMetrics = (hosts: readonly string[]): Metrics => {
  const registry = new Registry();
  const limitHost = createLabelLimit(MOST_HOSTS, hosts);
  return {
    registry,
    countLookUps: (registries) => countLookUps(registries, registry, limitHost),
    watch: (deps) => {
      const drift = createDriftBook(deps);
      registerReadings(registry, { ...deps, drift: drift.read, limitHost });
      return drift.run;
    },
  };
};
