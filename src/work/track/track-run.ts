import type { Selection } from '../../core/policy/labels.ts';
import type { Service } from '../../core/swarm/service.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { ListTags } from '../lookups/answers.ts';
import type { Memory } from '../assess/check-services.ts';
import { type ChosenTags, chooseListed } from './choose-listed.ts';
import { readTracking } from './read-tracking.ts';

/** What a run knows of the tags that services of a cluster follow. */
export type TrackedInRun = ChosenTags & {
  /** The same holds, plus those on tags that somebody has put back. */
  readonly withPutBack: (hold: Memory['hold']) => Memory['hold'];
};

const NOTHING_TRACKED: TrackedInRun = {
  targets: new Map(),
  insteadOfHeld: async (checked) => checked,
  trackingOf: () => null,
  withPutBack: (hold) => hold,
};

type Deps = {
  readonly cluster: { readonly name: string };
  readonly db: Db;
  readonly select: Selection;
  /** Without it, every service is compared with its own tag. */
  readonly listTags?: ListTags;
};

/** Reads what the store knows of services that follow tags, and lists their repositories. */
export const trackForRun = async (
  { cluster, db, select, listTags }: Deps,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<TrackedInRun> => {
  if (listTags === undefined) return NOTHING_TRACKED;
  const tracking = await readTracking(db, { cluster: cluster.name, name: null }, services, []);
  const chosen = await chooseListed({ select, tracking, listTags }, services, signal);
  return {
    ...chosen,
    withPutBack: (hold) => (service, digest, image) =>
      hold(service, digest, image) ?? tracking.putBack(service, digest, image),
  };
};
