import type { DeploymentFacts } from './judge-service.ts';
import { judgePush, type PushFacts } from './judge-push.ts';
import {
  type ClusterOutcome,
  combineOutcomes,
  type OutcomeDeployment,
  type OutcomeView,
} from './outcome.ts';

/** How much of a failure is shown. */
export type Telling = {
  /** Maximum length of a message in characters; null: unlimited. */
  readonly longestMessage: number | null;
  /** Whether log lines of containers are shown. */
  readonly logs: boolean;
};

export type OutcomeInput = {
  /** At most one per cluster and image. */
  readonly pushes: readonly PushFacts[];
  /** Clusters that the query names. */
  readonly clusters: readonly string[];
  /** ms since the epoch. */
  readonly since: number;
  readonly now: number;
  readonly telling: Telling;
};

/** The outcome without its version. */
export type Outcome = Omit<OutcomeView, 'version'>;

/** The combined outcome of some pushes on all their clusters. */
export const buildOutcome = (input: OutcomeInput): Outcome => {
  const { pushes, clusters: asked, now, telling } = input;
  const judged = pushes.map((push) => judgePush(push, now));
  const missing = asked
    .filter((name) => pushes.every(({ cluster }) => cluster !== name))
    .map((cluster): ClusterOutcome => ({ cluster, state: 'pending', reason: 'no-push' }));
  const cut = (text: string): string => cutMessage(text, telling.longestMessage);
  const clusters = [...judged.map(({ cluster }) => cluster), ...missing].map((one) =>
    one.detail === undefined ? one : { ...one, detail: cut(one.detail) },
  );
  const services = judged
    .flatMap((one) => one.services)
    .map((one) => (one.detail === undefined ? one : { ...one, detail: cut(one.detail) }));
  const isNothing = pushes.length === 0;
  const state = isNothing ? 'pending' : combineOutcomes({ services, clusters });
  const untold = clusters.find((one) => one.state === state);
  const deployments = new Map(
    judged.flatMap((one) => one.deployments).map((one) => [one.id, showDeployment(one, telling)]),
  );
  return {
    state,
    reason: isNothing ? 'no-push' : (untold?.reason ?? null),
    services,
    deployments: [...deployments.values()],
    gates: judged
      .flatMap((one) => one.gates)
      .map((gate) => ({ ...gate, detail: cut(gate.detail) })),
    clusters,
    deliveries: [...new Set(pushes.map(({ delivery }) => delivery))],
    since: new Date(input.since).toISOString(),
  };
};

const cutMessage = (text: string, longest: number | null): string =>
  longest === null || text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;

const showDeployment = (one: DeploymentFacts, telling: Telling): OutcomeDeployment => {
  const { failure } = one;
  return {
    id: one.id,
    cluster: one.cluster,
    service: one.service,
    image: one.image,
    from: one.from,
    to: one.to,
    fromTag: one.fromTag,
    toTag: one.toTag,
    state: one.state,
    reason: one.reason,
    ...(failure === null
      ? {}
      : {
          failure: {
            message: cutMessage(failure.message, telling.longestMessage),
            exitCode: failure.exitCode,
            log: telling.logs ? failure.log : [],
          },
        }),
  };
};
