import type { Cluster } from '../core/cluster.ts';
import { exclusionOf, type Selection } from '../core/labels.ts';
import type { LookUp } from '../core/published.ts';
import type { Observation, Service } from '../core/service.ts';
import type { WaitingPush } from '../store/looks.ts';
import { taggedImage } from './check-services.ts';
import type { Clock, Registries, TaggedImage } from './ports.ts';

/**
 * Observations that a look has made already of services that it expects to be updated, so that the
 * rollout need not wait for its own. An update names the version that it was decided upon, so one that
 * is a moment old can only be refused, never overwrite anything.
 */
export type LookAhead = {
  /** Begins to observe a service. What goes wrong is left to the one who observes it next. */
  readonly begin: (serviceId: string, signal: AbortSignal) => void;
  /** What was observed of it a moment ago, once; null where nothing was. Never rejects. */
  readonly take: (serviceId: string) => Promise<Observation | null>;
};

/** Counted from the beginning of the observation. */
const FRESH_MS = 1_000;
/** More services of one image than this are updated one after another anyway. */
const MOST = 16;

export const createLookAhead = (
  cluster: Pick<Cluster, 'observe'>,
  clock: Pick<Clock, 'now'>,
): LookAhead => {
  const begun = new Map<string, { at: number; seen: Promise<Observation | null> }>();
  const isFresh = (at: number): boolean => clock.now() - at < FRESH_MS;
  return {
    begin: (serviceId, signal) => {
      for (const [id, { at }] of begun) if (!isFresh(at)) begun.delete(id);
      if (begun.size >= MOST) return;
      const seen = cluster.observe(serviceId, signal).catch(() => null);
      begun.set(serviceId, { at: clock.now(), seen });
    },
    take: async (serviceId) => {
      const one = begun.get(serviceId);
      begun.delete(serviceId);
      if (one === undefined || !isFresh(one.at)) return null;
      const seen = await one.seen;
      return isFresh(one.at) ? seen : null;
    },
  };
};

type LookAheadDeps = {
  readonly cluster: Pick<Cluster, 'capabilities'>;
  readonly registries: Pick<Registries, 'readManifest'>;
  readonly select: Selection;
  readonly ahead: LookAhead;
};

/** Asks for an image of the look when it is first wanted; all have one repository. */
export const askOnce = (ask: (image: TaggedImage) => Promise<LookUp>) => {
  const answers = new Map<string, Promise<LookUp>>();
  return (image: TaggedImage): Promise<LookUp> => {
    const answer = answers.get(image.tag) ?? ask(image);
    answers.set(image.tag, answer);
    return answer;
  };
};

/**
 * Begins together what would else be waited for one after another: the digest of the tag, and what an
 * update will need where a hook says for the first time that there is something new. Whatever goes
 * wrong is told to the one who asks for it.
 */
export const lookAhead = (
  deps: LookAheadDeps,
  services: readonly Service[],
  pushesOf: ReadonlyMap<string | null, readonly WaitingPush[]>,
  lookUp: (image: TaggedImage) => Promise<LookUp>,
  signal: AbortSignal,
): void => {
  const included = services.filter((service) => exclusionOf(service, deps.select) === null);
  const images = included.flatMap((service) => taggedImage(service) ?? []);
  for (const image of images) lookUp(image).catch(() => {});
  if (!deps.cluster.capabilities.setsDigest) return;
  const news = included.flatMap((service) => {
    const image = taggedImage(service);
    const push = pushesOf.get(image?.tag ?? null)?.at(-1);
    const isNew = push?.outcome === null && push.named !== image?.digest;
    return isNew && image !== null ? [{ service, image, named: push.named }] : [];
  });
  for (const { service } of news) deps.ahead.begin(service.id, signal);
  for (const { image, named } of news) {
    if (named !== null) deps.registries.readManifest(image, named, signal).catch(() => {});
  }
};
