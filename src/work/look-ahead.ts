import type { Cluster } from '../core/cluster.ts';
import { exclusionOf, type Selection } from '../core/labels.ts';
import type { LookUp } from '../core/published.ts';
import type { Observation, Service } from '../core/service.ts';
import { taggedImage } from './check-services.ts';
import type { KnownNodes } from './known-nodes.ts';
import type { Looking } from './plan-services.ts';
import { platformsFor } from './platforms-for.ts';
import type { Clock, Registries, TaggedImage } from './ports.ts';

/**
 * Observations of services that are expected to be updated, begun as soon as somebody expects it: when a
 * hook has come, or by its look. Neither the look nor the rollout need then wait for its own. An update
 * names the version that it was decided upon, so one that is a moment old can only be refused, never
 * overwrite anything.
 */
export type LookAhead = {
  /**
   * What it is observed to be after `since`, ms since the epoch; begins to observe it where nobody did.
   * Null where it is not to be had. Never rejects.
   */
  readonly see: (
    serviceId: string,
    since: number,
    signal: AbortSignal,
  ) => Promise<Observation | null>;
  /** What was observed of it a moment ago, once; null where nothing was. Never rejects. */
  readonly take: (serviceId: string) => Promise<Observation | null>;
};

/** Counted from the beginning of the observation. */
const FRESH_MS = 1_000;
/** More services of one image than this are updated one after another anyway. */
const MOST = 16;

type Begun = { readonly at: number; readonly seen: Promise<Observation | null> };

export const createLookAhead = (
  cluster: Pick<Cluster, 'observe'>,
  clock: Pick<Clock, 'now'>,
): LookAhead => {
  const begun = new Map<string, Begun>();
  const isFresh = (at: number): boolean => clock.now() - at < FRESH_MS;
  const begin = (serviceId: string, signal: AbortSignal): Begun | null => {
    for (const [id, { at }] of begun) if (!isFresh(at)) begun.delete(id);
    if (begun.size >= MOST) return null;
    // What goes wrong is left to the one who observes it next.
    const one = { at: clock.now(), seen: cluster.observe(serviceId, signal).catch(() => null) };
    begun.set(serviceId, one);
    return one;
  };
  return {
    see: async (serviceId, since, signal) => {
      const last = begun.get(serviceId);
      const isLate = last === undefined || last.at < since || !isFresh(last.at);
      const one = isLate ? begin(serviceId, signal) : last;
      return one === null ? null : one.seen;
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
  readonly registries: Pick<Registries, 'isKnownPlain' | 'readManifest' | 'readPlatforms'>;
  readonly select: Selection;
  readonly ahead: LookAhead;
  readonly nodes: KnownNodes;
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
  { pushesOf, since, lookUp, signal }: Looking,
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
  const readPlatforms = async ({ service, image, named }: (typeof news)[number]): Promise<void> => {
    // What was a plain image will most likely be one again, whose manifest tells no platforms: asking for
    // it at once would only keep the registry from its answer, which tells what it is.
    if (image.digest !== null && deps.registries.isKnownPlain(image.digest)) {
      const found = await lookUp(image);
      if (found.kind !== 'published' || found.digest !== named) return;
    }
    await platformsFor(deps, service, named, signal);
  };
  for (const { service } of news) void deps.ahead.see(service.id, since, signal);
  for (const one of news) readPlatforms(one).catch(() => {});
};
