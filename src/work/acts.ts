import { ActRefused } from '../core/act-refused.ts';
import type { Digest } from '../core/digest.ts';
import { EVERY_SERVICE } from '../core/every-service.ts';
import type { Cause } from '../core/plan.ts';
import { specDigest } from '../core/service.ts';
import { verdictDetail, verdictReason } from '../core/verdict.ts';
import type { DeploymentView, ServiceView } from '../core/views.ts';
import type { NewAction } from '../store/actions.ts';
import type { Db } from '../store/open-store.ts';
import { queueByPerson, releaseByPerson } from '../store/person-acts.ts';
import { readDeployment } from '../store/read-deployments.ts';
import { keepLookUps } from '../store/checks/commit-checks.ts';
import { answersOf } from './answers-of.ts';
import { checkCluster, type CheckClusterDeps, type PlannedService } from './check-cluster.ts';
import type { Clock } from './ports.ts';
import { rollbackTarget } from './rollback-target.ts';

export type ActsDeps = {
  readonly clusters: readonly Pick<CheckClusterDeps, 'cluster' | 'select'>[];
  readonly registries: CheckClusterDeps['registries'];
  readonly db: Db;
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** Deployments of this cluster wait now. */
  readonly wake: (cluster: string) => void;
};

type Key = { readonly cluster: string; readonly service: string };
type By = {
  readonly actor: string;
  readonly address?: string;
  readonly signal: AbortSignal;
};

/** What a person may do to one service. Each throws {@link ActRefused} or `ClusterError`. */
export type ServiceActs = {
  readonly check: (key: Key, by: By) => Promise<ServiceView>;
  readonly redeploy: (
    key: Key,
    options: { readonly force: boolean },
    by: By,
  ) => Promise<DeploymentView>;
  readonly rollback: (
    key: Key,
    options: { readonly to: string | null },
    by: By,
  ) => Promise<DeploymentView>;
  readonly release: (key: Key, by: By) => Promise<ServiceView>;
};

export const createServiceActs = (deps: ActsDeps): ServiceActs => {
  const { db, clock } = deps;

  /** Asks cluster and registry now, and remembers the answer. */
  const look = async (key: Key, signal: AbortSignal): Promise<PlannedService> => {
    const one = deps.clusters.find(({ cluster }) => cluster.name === key.cluster);
    if (one === undefined) throw new ActRefused('not-found', `no cluster is named ${key.cluster}`);
    const begun = clock.now();
    const request = { ...EVERY_SERVICE, services: [key.service], pin: true };
    const checkDeps = { ...deps, ...one, now: clock.now };
    const found = await checkCluster(checkDeps, request, () => {}, signal);
    const [exact] = found.filter(({ service }) => [service.name, service.id].includes(key.service));
    if (exact === undefined) {
      throw new ActRefused('not-found', `cluster ${key.cluster} has no service ${key.service}`);
    }
    await keepLookUps(
      db,
      answersOf([exact], () => begun),
      clock.now(),
    );
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
    what: { from: Digest | null; to: Digest | null; cause: Cause; hold: Digest | null },
    by: By,
    action: string,
  ): Promise<DeploymentView> => {
    const { service, image } = found;
    if (image === null)
      throw new ActRefused('not-supported', 'the image of the service has no tag');
    const { from, to, cause } = what;
    const { cluster } = key;
    const { newId } = deps;
    const recorded = actionOf(by, action, `${cluster}/${service.name}`, { from, to });
    const triggers = [{ kind: 'person' as const, source: by.actor }];
    const deployment = { id: newId(), cluster, service, image, from, to, cause, triggers };
    const left = {
      id: newId(),
      cluster,
      service,
      kind: 'left-by-person',
      deployment: null,
    } as const;
    const hold = what.hold === null ? null : { ...left, digest: what.hold };
    const id = await queueByPerson(db, { deployment, hold }, recorded, clock.now());
    deps.wake(key.cluster);
    const view = await readDeployment(db, id);
    if (view === null) throw new Error(`deployment ${id} is not in the store`);
    return view;
  };

  return {
    check: async (key, { signal }) => (await look(key, signal)).view,

    redeploy: async (key, { force }, by) => {
      const found = await look(key, by.signal);
      const { step, verdict, lookUp, service } = found;
      const mayInsist = lookUp?.kind === 'published';
      if (step.kind === 'deploy') {
        return queue(
          key,
          found,
          { ...step, cause: force ? 'forced' : step.cause, hold: null },
          by,
          'redeploy',
        );
      }
      if (!force) {
        const reason = verdictReason(verdict);
        const why = [
          `${service.name} is ${verdict.verdict}${reason === null ? '' : ` (${reason})`}`,
          verdictDetail(verdict),
        ].filter((part) => part !== null);
        const code = verdict.verdict === 'held' ? 'held' : 'conflict';
        const insist = mayInsist ? '; insist with force' : '';
        throw new ActRefused(code, `${why.join(', ')}: nothing was done${insist}`);
      }
      if (!mayInsist) {
        const why = lookUp?.detail ?? 'its image has no tag, or it is excluded';
        throw new ActRefused(
          'not-supported',
          `no published digest is known for ${service.name}: ${why}`,
        );
      }
      const what = {
        from: specDigest(service),
        to: lookUp.digest,
        cause: 'forced' as const,
        hold: null,
      };
      return queue(key, found, what, by, 'redeploy --force');
    },

    rollback: async (key, { to }, by) => {
      const found = await look(key, by.signal);
      const { service } = found;
      const cluster = deps.clusters.find((one) => one.cluster.name === key.cluster)?.cluster;
      const from = specDigest(service);
      if (cluster?.capabilities.goesBackTo === 'previous-spec') {
        if (to !== null && to !== '1') {
          const text =
            'this cluster cannot be told a digest: it goes back to the spec before the present one alone';
          throw new ActRefused('not-supported', text);
        }
        if (service.hasPrevious === false) {
          const text = `${service.name} has no spec before the present one`;
          throw new ActRefused('conflict', text);
        }
        const what = { from, to: null, cause: 'taken-back', hold: from } as const;
        return queue(key, found, what, by, 'rollback');
      }
      const target = await rollbackTarget(db, key.cluster, service, from, to);
      if (target === from)
        throw new ActRefused('conflict', `${service.name} is at this digest already`);
      return queue(
        key,
        found,
        { from, to: target, cause: 'taken-back', hold: from },
        by,
        'rollback',
      );
    },

    release: async (key, by) => {
      const { service, verdict } = await look(key, by.signal);
      const now = clock.now();
      // One that the engine alone knew of.
      const isLeft = verdict.verdict === 'held' && verdict.hold.kind === 'left-by-person';
      const left = { id: deps.newId(), cluster: key.cluster, service, deployment: null } as const;
      const unknown = isLeft
        ? { ...left, digest: verdict.to, kind: 'left-by-person' as const }
        : null;
      const action = actionOf(by, 'release', `${key.cluster}/${service.name}`);
      const of = { cluster: key.cluster, serviceId: service.id, unknown };
      await releaseByPerson(db, of, action, now);
      return (await look(key, by.signal)).view;
    },
  };
};
