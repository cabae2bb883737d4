import { exclusionOf } from '../../core/policy/labels.ts';
import { imageName } from '../../core/image/image-reference.ts';
import type { Deployment } from '../../core/rollout/deployment.ts';
import { isAged } from '../../core/rollout/aged.ts';
import { isAsked } from '../../core/rollout/decide.ts';
import type { Facts, Seen, Shown } from '../../core/rollout/move.ts';
import type { Watch } from '../../core/rollout/watch.ts';
import type { Digest } from '../../core/image/digest.ts';
import { type Service, specDigest } from '../../core/swarm/service.ts';
import { keepLookups } from '../../store/checks/commit-checks.ts';
import { readFreezes } from '../../store/holds/freezes.ts';
import { readKnownImages, wasUpdatedBefore } from '../../store/holds/good-images.ts';
import { readHolds } from '../../store/holds/holds.ts';
import { findProven, isOneRedeployLater } from '../../store/holds/proven.ts';
import { readLastAnswer } from '../../store/published/published.ts';
import { refusesOwnUpdate } from '../cluster/own-service.ts';
import { readGatesOf } from './read-gates-of.ts';
import { askFit, type FitFacts, judgeFit } from './read-fit.ts';
import { readPullProblem } from './read-pull-problem.ts';
import { type Run, serviceOf } from './run.ts';

const AS_DECIDED: Shown = { kind: 'as-decided' };

/** What the caller already has. */
export type Known = Pick<Facts, 'watch' | 'now' | 'lookedForMs'> & {
  /** Requested while the service was observed; null if it is yet to be requested. */
  readonly fit: Promise<FitFacts> | null;
};

/** Reads what the next move depends on, with as few registry requests as possible. */
export const gatherFacts = async (
  run: Run,
  seen: Seen,
  { watch, fit, ...times }: Known,
): Promise<Facts> => {
  const { deps, deployment } = run;
  const { intent, state, cluster, to } = deployment;
  const service = serviceOf(seen);
  const isDeciding = state !== 'verifying' && (intent === null || intent.refuted);
  const decidedOn = isDeciding ? service : null;
  const isKept = decidedOn !== null || seen === 'not-asked';
  const frozen = isKept && !isAsked(deployment) ? await frozenAs(run, decidedOn) : null;
  const isOwn = decidedOn !== null && decidedOn.id === deps.ownServiceId();
  const shown = decidedOn === null || frozen !== null ? AS_DECIDED : await askAnew(run, decidedOn);
  const proven = service === null ? null : await findProven(deps.db, cluster, service.id);
  const mayBeSent = decidedOn !== null && intent?.phase !== 'back' && frozen === null;
  return {
    frozen,
    closed: mayBeSent ? await readGatesOf(run, decidedOn) : null,
    unfit: mayBeSent ? await judgeFit(run, decidedOn, await (fit ?? askFit(run))) : null,
    pullProblem: mayBeSent ? await readPullProblem(run, decidedOn) : null,
    shown,
    hold:
      decidedOn === null || to === null
        ? null
        : (await readHolds(deps.db, cluster))(decidedOn, to, movedTo(deployment)),
    known: service === null ? [] : await readKnownImages(deps.db, cluster, service),
    isFirst: decidedOn !== null && !(await wasUpdatedBefore(deps.db, deployment)),
    before:
      proven !== null && service !== null && isOneRedeployLater(proven, service)
        ? proven.digest
        : null,
    chosen: service === null ? null : await findChosen(run, service, watch),
    ownRefusal: isOwn && decidedOn !== null ? refusesOwnUpdate(decidedOn) : null,
    capabilities: deps.cluster.capabilities,
    select: deps.select,
    watch,
    random: deps.random(),
    ...times,
  };
};

/** The tag that a deployment moves its service to; null if the service keeps its own. */
const movedTo = ({ tag, fromTag }: Pick<Deployment, 'tag' | 'fromTag'>): string | null =>
  tag === fromTag ? null : tag;

/** Why a freeze covers the service, as it is now or as it was when queued; null if none does. */
export const frozenAs = async (
  { deps, deployment }: Run,
  service: Service | null,
): Promise<string | null> => {
  const { serviceId: id, serviceName: name, stack, cluster } = deployment;
  const find = await readFreezes(deps.db, cluster, deps.clock.now());
  const freeze = find(service ?? { id, name, stack });
  return freeze?.kind === 'frozen' ? freeze.reason : null;
};

/** What the tag shows: a recent answer, or a new one from the registry if the decision is too old. */
const askAnew = async ({ deps, deployment, signal }: Run, service: Service): Promise<Shown> => {
  const { cause, to, name, tag, fromTag, intent, gates } = deployment;
  if (to === null || cause === 'taken-back' || intent?.phase === 'back') return AS_DECIDED;
  // A gate chose this very image, whatever the tag shows by now.
  if (gates === 'opened') return AS_DECIDED;
  if (!service.image.ok || exclusionOf(service, deps.select) === 'label') return AS_DECIDED;
  const { image } = service.image;
  const isKnownTag = image.tag === tag || image.tag === fromTag;
  const isOther = imageName(image) !== name || !isKnownTag;
  if (isOther || (image.digest === to && cause !== 'forced')) return AS_DECIDED;
  const askedAt = deps.clock.now();
  const last = await readLastAnswer(deps.db, { name, tag });
  if (!isAged(deployment, image.digest, last, askedAt)) return AS_DECIDED;
  const lookup = await deps.registries.findDigest({ ...image, tag }, signal);
  const answer = { name, tag, lookup, members: null, askedAt };
  await keepLookups(deps.db, [answer], deps.clock.now());
  if (lookup.kind === 'published') return { kind: 'shown', digest: lookup.digest };
  if (lookup.reason === 'tag-gone') return { kind: 'gone' };
  const { detail, retryAfterMs } = lookup;
  return { kind: 'no-answer', problem: detail, retryAfterMs: retryAfterMs ?? 0 };
};

/**
 * The digest that a cluster chose itself, if it belongs to the intended index: Swarmpit 1.7 and 1.8 pin one platform
 * of it. Null if it does not belong to it, or the index cannot be read.
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
