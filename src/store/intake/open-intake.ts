import { createIntakeWriter, type IntakeOptions, type IntakeWriter } from './accept-delivery.ts';
import type { Store } from '../sqlite/open-store.ts';
import { replayDelivery } from './replay-delivery.ts';

/** All ways by which deliveries lead to checks. */
export type Intake = IntakeWriter & {
  /** See {@link replayDelivery}. */
  readonly replay: (delivery: string) => Promise<number | null>;
};

/** Opens the intake of a store, once the clusters and the listeners for new work are known. */
export type OpenIntake = (options: IntakeOptions) => Intake;

export const openIntakeOf =
  (store: Pick<Store, 'db' | 'durability' | 'tryToWrite'>): OpenIntake =>
  (options) => ({
    ...createIntakeWriter(store, options),
    replay: (delivery) => replayDelivery(store.durability, options, delivery),
  });
