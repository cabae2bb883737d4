import { ActRefused } from '../../core/contract/act-refused.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { StuckUpdates } from '../cluster/stuck-updates.ts';
import type { ListedRegistries } from '../../core/contract/registries.ts';
import { EVERY_SERVICE } from '../../core/contract/every-service.ts';
import type { Cause } from '../../core/verdict/plan.ts';
import { specDigest } from '../../core/swarm/service.ts';
import type { OpenedGates } from '../../core/policy/gates/at-gates.ts';
import { closedGates, verdictDetail, verdictReason } from '../../core/verdict/verdict.ts';
import type { DeploymentView, ServiceView } from '../../core/contract/views.ts';
import type { NewAction } from '../../store/access/actions.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { NewDeployment } from '../../store/deployments/queue-deployment.ts';
import { queueByPerson, releaseByPerson } from '../../store/acts/person-acts.ts';
import { readDeployment } from '../../store/deployments/read-deployments.ts';
import { rollBackByPerson } from '../../store/acts/roll-back-by-person.ts';
import { keepLookups } from '../../store/checks/commit-checks.ts';
import { createAnswers } from '../lookups/answers.ts';
import {
  checkCluster,
  type CheckClusterDeps,
  type PlannedService,
} from '../check/check-cluster.ts';
import type { Gating } from '../gates/gating.ts';
import type { Clock } from '../loop/clock.ts';
import {
  digestBefore,
  refuseHeldBefore,
  rollbackTarget,
  tagWith,
} from '../reads/rollback-target.ts';

export type ActsDeps = {
  readonly clusters: readonly Pick<CheckClusterDeps, 'cluster' | 'select'>[];
  readonly registries: ListedRegistries;
  readonly db: Db;
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** Wakes the work of this cluster: a deployment waits in the store. */
  readonly wake: (cluster: string) => void;
  readonly stuck: StuckUpdates;
  /** Gates from the configuration. Default: none. */
  readonly gating?: Gating;
};

type Key = { readonly cluster: string; readonly service: string };
type By = {
  readonly actor: string;
  readonly address?: string;
  readonly signal: AbortSignal;
};

export type RedeployOptions = {
  /** Deploy even if nothing differs or the image is held. Opens no gate. */
  readonly force: boolean;
  /** Passes every gate, for this reason. Missing or null: passes none. */
  readonly skipGates?: { readonly reason: string } | null;
};

/** What a person may do to one service. Each throws {@link ActRefused} or `ClusterError`. */
export type ServiceActs = {
  readonly check: (key: Key, by: By) => Promise<ServiceView>;
  readonly redeploy: (key: Key, options: RedeployOptions, by: By) => Promise<DeploymentView>;
  readonly rollback: (
    key: Key,
    options: { readonly to: string | null; readonly force?: boolean },
    by: By,
  ) => Promise<DeploymentView>;
  readonly release: (key: Key, by: By) => Promise<ServiceView>;
};

/** What a person wants deployed. */
type Wanted = {
  readonly from: Digest | null;
  readonly to: Digest | null;
  readonly cause: Cause;
  /** The tag to deploy, if it is not the tag that the service should have. */
  readonly tag?: string;
  /** Only for a rollback: the digest that the service will have afterwards; null if unknown. */
  readonly goesTo?: Digest | null;
  /** Its gates are open. */
  readonly opened?: OpenedGates;
  /** It passes its gates, for this reason. */
  readonly skipReason?: string;
};

/**
 * What a service would deploy without its gates, if it waits or takes an older image first. Null if no gate stops it.
 */
const skippingOf = ({
  verdict,
  step,
  lookup,
  image,
}: PlannedService): (Wanted & { readonly cause: Cause }) | null => {
  if (lookup?.kind !== 'published' || image === null) return null;
  if (verdict.verdict === 'waiting') {
    const { candidate } = verdict.at;
    // A followed tag: deploy the candidate. Otherwise deploy what the service's tag shows now.
    const isMoved = candidate.tag !== image.tag;
    const cause = verdict.from === null ? 'unpinned' : 'digest-differs';
    const to = isMoved ? candidate.digest : lookup.digest;
    return { from: verdict.from, to, cause, tag: candidate.tag };
  }
  return step.kind === 'deploy' && step.opened !== undefined
    ? { from: step.from, to: lookup.digest, cause: step.cause }
    : null;
};

export const createServiceActs = (deps: ActsDeps): ServiceActs => {
  const { db, clock } = deps;

  /** Asks the cluster and the registry now, and stores the answer. */
  const checkService = async (key: Key, signal: AbortSignal): Promise<PlannedService> => {
    const one = deps.clusters.find(({ cluster }) => cluster.name === key.cluster);
    if (one === undefined) throw new ActRefused('not-found', `there is no cluster ${key.cluster}`);
    const answers = createAnswers({ registries: deps.registries, now: clock.now });
    const request = { ...EVERY_SERVICE, services: [key.service], pin: true };
    const { stuck } = deps;
    const checkDeps = {
      ...one,
      db,
      registries: answers.registries,
      now: clock.now,
      stuck,
      ...(deps.gating === undefined ? {} : { gating: deps.gating }),
    };
    const found = await checkCluster(checkDeps, request, () => {}, signal);
    const [exact] = found.filter(({ service }) => [service.name, service.id].includes(key.service));
    if (exact === undefined) {
      throw new ActRefused('not-found', `cluster ${key.cluster} has no service ${key.service}`);
    }
    await keepLookups(db, answers.of([exact]), clock.now());
    return exact;
  };

  const actionOf = (
    { actor, address }: Omit<By, 'signal'>,
    action: string,
    target: string,
    detail: NewAction['detail'] = {},
  ): NewAction => ({
    id: deps.newId(),
    actor,
    address: address ?? null,
    action,
    target,
    detail,
  });

  const queue = async (
    key: Key,
    found: PlannedService,
    { from, to, cause, ...what }: Wanted,
    { by, action }: { readonly by: By; readonly action: string },
  ): Promise<DeploymentView> => {
    const { service } = found;
    if (found.image === null)
      throw new ActRefused('not-supported', 'the image of the service has no tag');
    const image = { ...found.image, tag: what.tag ?? found.image.tag };
    const { cluster } = key;
    const { newId } = deps;
    const { goesTo, opened, skipReason } = what;
    const why = skipReason === undefined ? {} : { reason: skipReason };
    const recorded = actionOf(by, action, `${cluster}/${service.name}`, { from, to, ...why });
    const triggers = [{ kind: 'person' as const, source: by.actor }];
    const gates = skipReason !== undefined ? 'skipped' : opened !== undefined ? 'opened' : null;
    const deployment = {
      id: newId(),
      cluster,
      service,
      image,
      from,
      to,
      cause,
      triggers,
      gates,
    } satisfies NewDeployment;
    const now = clock.now();
    const passed = {
      newId,
      by: by.actor,
      reason: skipReason ?? null,
      covers: opened?.covers ?? [],
    };
    const id = await (goesTo === undefined
      ? queueByPerson(db, { deployment, passed }, recorded, now)
      : rollBackByPerson(db, { deployment, goesTo, newId }, recorded, now));
    deps.wake(key.cluster);
    const view = await readDeployment(db, id);
    if (view === null) throw new Error(`deployment ${id} is not in the store`);
    return view;
  };

  return {
    check: async (key, { signal }) => (await checkService(key, signal)).view,

    redeploy: async (key, { force, skipGates = null }, by) => {
      const found = await checkService(key, by.signal);
      const { step, verdict, lookup, service } = found;
      const mayInsist = lookup?.kind === 'published';
      if (skipGates !== null) {
        const passed = skippingOf(found);
        if (passed !== null) {
          const cause = force ? 'forced' : passed.cause;
          const action = force ? 'redeploy --force --skip-gates' : 'redeploy --skip-gates';
          const { reason } = skipGates;
          return queue(key, found, { ...passed, cause, skipReason: reason }, { by, action });
        }
      }
      const closed = closedGates(verdict);
      if (closed.length > 0 && skipGates === null) {
        const why = `${service.name} waits: ${verdictDetail(verdict) ?? ''}`;
        const skip = 'an operator can skip its gates with skip-gates and a reason';
        throw new ActRefused('conflict', `${why}: nothing was done; ${skip}`);
      }
      if (step.kind === 'deploy') {
        const cause = force ? 'forced' : step.cause;
        const { opened } = step;
        const gated = opened === undefined ? {} : { tag: opened.tag, opened };
        return queue(key, found, { ...step, ...gated, cause }, { by, action: 'redeploy' });
      }
      if (!force) {
        const reason = verdictReason(verdict);
        const why = [
          `${service.name} is ${verdict.verdict}${reason === null ? '' : ` (${reason})`}`,
          verdictDetail(verdict),
        ].filter((part) => part !== null);
        const code = verdict.verdict === 'held' ? 'held' : 'conflict';
        const isUnfit = verdict.verdict === 'held' && verdict.hold.kind === 'no-fitting-node';
        const insist = mayInsist && !isUnfit ? '. Use force to do it anyway' : '';
        throw new ActRefused(code, `${why.join(', ')}: nothing was done${insist}`);
      }
      if (!mayInsist) {
        const why = lookup?.detail ?? 'its image has no tag, or it is excluded';
        throw new ActRefused(
          'not-supported',
          `no published digest is known for ${service.name}: ${why}`,
        );
      }
      const what = {
        from: specDigest(service),
        to: lookup.digest,
        cause: 'forced' as const,
      };
      const action = skipGates === null ? 'redeploy --force' : 'redeploy --force --skip-gates';
      const passed = skipGates === null ? {} : { skipReason: skipGates.reason };
      return queue(key, found, { ...what, ...passed }, { by, action });
    },

    rollback: async (key, { to, force = false }, by) => {
      const found = await checkService(key, by.signal);
      const { service } = found;
      const cluster = deps.clusters.find((one) => one.cluster.name === key.cluster)?.cluster;
      const from = specDigest(service);
      const action = force ? 'rollback --force' : 'rollback';
      if (cluster?.capabilities.goesBackTo === 'previous-spec') {
        if (to !== null && to !== '1') {
          const text =
            'this cluster cannot deploy a chosen digest; it can only go back to the previous spec';
          throw new ActRefused('not-supported', text);
        }
        if (service.hasPrevious === false) {
          const text = `${service.name} has no spec before the present one`;
          throw new ActRefused('conflict', text);
        }
        const goesTo = await digestBefore(db, key.cluster, service);
        if (!force && goesTo !== null) await refuseHeldBefore(db, key.cluster, service, goesTo);
        const what = { from, to: null, cause: 'taken-back', goesTo } as const;
        return queue(key, found, what, { by, action });
      }
      const target = await rollbackTarget(db, key.cluster, service, { to, force });
      if (target === from)
        throw new ActRefused('conflict', `${service.name} already has this digest`);
      const asked = { digest: target, asked: to, present: found.image?.tag ?? '' };
      const tag = await tagWith(db, key.cluster, service.id, asked);
      const what = { from, to: target, cause: 'taken-back', goesTo: target, tag } as const;
      return queue(key, found, what, { by, action });
    },

    release: async (key, by) => {
      const { service, verdict } = await checkService(key, by.signal);
      const now = clock.now();
      // The store has no row for this hold: it was derived from an engine rollback.
      const isLeft = verdict.verdict === 'held' && verdict.hold.kind === 'left-by-person';
      const left = { id: deps.newId(), cluster: key.cluster, service, deployment: null } as const;
      const unknown = isLeft
        ? { ...left, digest: verdict.to, kind: 'left-by-person' as const }
        : null;
      const action = actionOf(by, 'release', `${key.cluster}/${service.name}`);
      const of = { cluster: key.cluster, serviceId: service.id, unknown };
      await releaseByPerson(db, of, action, now);
      return (await checkService(key, by.signal)).view;
    },
  };
};
