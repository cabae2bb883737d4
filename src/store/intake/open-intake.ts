import { createIntakeWriter, type IntakeOptions, type IntakeWriter } from './accept-delivery.ts';
import type { Store } from '../sqlite/open-store.ts';
import { replayDelivery } from './replay-delivery.ts';

/** Everything through which deliveries come to be looked at. */
export type Intake = IntakeWriter & {
  /** See {@link replayDelivery}. */
  readonly replay: (delivery: string) => Promise<number | null>;
};

/** What opens the intake of a store, once it is known which clusters there are and who is to be woken. */
export type OpenIntake = (options: IntakeOptions) => Intake;

export const openIntakeOf =
  (store: Pick<Store, 'db' | 'durability' | 'tryToWrite'>): OpenIntake =>
  (options) => ({
    ...createIntakeWriter(store, options),
    replay: (delivery) => replayDelivery(store.durability, options, delivery),
  });
