import { exclusionOf } from '../../core/labels.ts';
import { imageName } from '../../core/image-reference.ts';
import { isAged } from '../../core/rollout/aged.ts';
import { isAsked } from '../../core/rollout/decide.ts';
import type { Facts, Seen, Shown } from '../../core/rollout/move.ts';
import type { Watch } from '../../core/rollout/watch.ts';
import type { Digest } from '../../core/digest.ts';
import { type Service, specDigest } from '../../core/service.ts';
import { keepLookUps } from '../../store/checks/commit-checks.ts';
import { readFreezes } from '../../store/freezes.ts';
import { readHolds } from '../../store/holds.ts';
import { findProven, isOneRedeployLater } from '../../store/proven.ts';
import { readLastAnswer } from '../../store/published.ts';
import { refusesOwnUpdate } from '../own-service.ts';
import { readFit } from './read-fit.ts';
import { type Run, serviceOf } from './run.ts';

const AS_DECIDED: Shown = { kind: 'as-decided' };

/** Reads what the next move rests on, and of a registry no more than it needs. */
export const gatherFacts = async (run: Run, seen: Seen, watch: Watch | null): Promise<Facts> => {
  const { deps, deployment } = run;
  const { intent, state, cluster, to } = deployment;
  const service = serviceOf(seen);
  const isDeciding = state !== 'verifying' && (intent === null || intent.refuted);
  const decidedOn = isDeciding ? service : null;
  const isKept = decidedOn !== null || seen === 'not-asked';
  const frozen = isKept && !isAsked(deployment) ? await frozenAs(run, decidedOn) : null;
  const isOwn = decidedOn !== null && decidedOn.id === deps.ownServiceId();
  const shown = decidedOn === null || frozen !== null ? AS_DECIDED : await askAnew(run, decidedOn);
  const good = service === null ? null : await findProven(deps.db, cluster, service.id);
  const mayBeSent = decidedOn !== null && intent?.phase !== 'back' && frozen === null;
  return {
    frozen,
    unfit: mayBeSent ? await readFit(run, decidedOn) : null,
    shown,
    hold:
      decidedOn === null || to === null ? null : (await readHolds(deps.db, cluster))(decidedOn, to),
    good: good?.digest ?? null,
    isGoodBefore: good !== null && service !== null && isOneRedeployLater(good, service),
    chosen: service === null ? null : await findChosen(run, service, watch),
    ownRefusal: isOwn && decidedOn !== null ? refusesOwnUpdate(decidedOn) : null,
    capabilities: deps.cluster.capabilities,
    select: deps.select,
    watch,
    random: deps.random(),
    now: deps.clock.now(),
  };
};

/** Why a freeze stands over the service, as it is or as it was when it was queued; null for none. */
export const frozenAs = async (
  { deps, deployment }: Run,
  service: Service | null,
): Promise<string | null> => {
  const { serviceId: id, serviceName: name, stack, cluster } = deployment;
  const find = await readFreezes(deps.db, cluster, deps.clock.now());
  const freeze = find(service ?? { id, name, stack });
  return freeze?.kind === 'frozen' ? freeze.reason : null;
};

/** What the tag shows: what was seen a moment ago, or the registry's answer where the decision has aged. */
const askAnew = async ({ deps, deployment, signal }: Run, service: Service): Promise<Shown> => {
  const { cause, to, name, tag, intent } = deployment;
  if (to === null || cause === 'taken-back' || intent?.phase === 'back') return AS_DECIDED;
  if (!service.image.ok || exclusionOf(service, deps.select) === 'label') return AS_DECIDED;
  const { image } = service.image;
  const isOther = imageName(image) !== name || image.tag !== tag;
  if (isOther || (image.digest === to && cause !== 'forced')) return AS_DECIDED;
  const askedAt = deps.clock.now();
  const last = await readLastAnswer(deps.db, { name, tag });
  if (!isAged(deployment, image.digest, last, askedAt)) return AS_DECIDED;
  const lookUp = await deps.registries.findDigest({ ...image, tag }, signal);
  const answer = { name, tag, lookUp, members: null, askedAt };
  await keepLookUps(deps.db, [answer], deps.clock.now());
  if (lookUp.kind === 'published') return { kind: 'shown', digest: lookUp.digest };
  if (lookUp.reason === 'tag-gone') return { kind: 'gone' };
  const { detail, retryAfterMs } = lookUp;
  return { kind: 'no-answer', problem: detail, retryAfterMs: retryAfterMs ?? 0 };
};

/**
 * The digest that a cluster chose by itself, if it belongs to the index that was meant: Swarmpit 1.7 and 1.8 pin
 * one platform of it. Null where it does not, or where the index cannot be read.
 */
const findChosen = async (
  { deps, deployment, signal }: Run,
  service: Service,
  watch: Watch | null,
): Promise<Digest | null> => {
  const { intent, state } = deployment;
  if (deps.cluster.capabilities.setsDigest || state !== 'verifying') return null;
  if (intent?.phase !== 'forward' || (watch !== null && watch.chosen !== null)) return null;
  const { target } = intent;
  const digest = specDigest(service);
  if (target === null || digest === null || digest === target || !service.image.ok) return null;
  if (service.forceUpdate !== intent.forceUpdate + 1) return null;
  const read = await deps.registries.readManifest(service.image.image, target, signal);
  return read.kind === 'manifest' && read.manifest.members.includes(digest) ? digest : null;
};
