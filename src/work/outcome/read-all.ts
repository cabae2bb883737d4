import { hash } from 'node:crypto';
import type { Digest } from '../../core/image/digest.ts';
import { buildOutcome, type Outcome, type Telling } from '../../core/outcome/build-outcome.ts';
import type { PushFacts } from '../../core/outcome/judge-push.ts';
import type { CheckedFacts } from '../../core/outcome/judge-service.ts';
import type { OutcomeView } from '../../core/outcome/outcome.ts';
import { ASKED_BACK_MS, type OutcomeAsk } from '../../core/outcome/outcome-ask.ts';
import type { FoundPush } from '../../store/checks/find-pushes.ts';
import { type OutcomeFacts, readOutcomes } from '../../store/checks/read-outcomes.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { ConvergenceWatch, Unproven } from './convergence.ts';

/** A question, and what its client may see. */
export type OutcomeQuestion = {
  /** The client: clients with different rights get different answers. */
  readonly who: string;
  readonly ask: OutcomeAsk;
  /** The only clusters that the question is about; null: all that the pushes are for. */
  readonly clusters: readonly string[] | null;
  /** The clusters that the client may see; null: all. */
  readonly allowed: readonly string[] | null;
  /** Whether the client may see anything about a repository. */
  readonly mayTell: (name: string) => boolean;
  readonly telling: Telling;
};

export type ReadAnswer =
  | {
      readonly kind: 'told';
      readonly view: OutcomeView;
      /** Services that must be observed before the answer can improve. */
      readonly unproven: readonly Unproven[];
    }
  /** There is no such delivery, or none that the client may see. */
  | { readonly kind: 'not-found' };

/** Answers any number of questions from one reading of the store. */
export const readAll = async (
  db: Db,
  questions: readonly OutcomeQuestion[],
  watch: Pick<ConvergenceWatch, 'of'>,
  now: number,
): Promise<readonly ReadAnswer[]> => {
  const facts = await readOutcomes(
    db,
    questions.map(({ ask }) => ask),
    now,
  );
  return questions.map((question) => answer(facts, question, watch, now));
};

const answer = (
  facts: OutcomeFacts,
  question: OutcomeQuestion,
  watch: Pick<ConvergenceWatch, 'of'>,
  now: number,
): ReadAnswer => {
  const { ask, clusters, allowed, mayTell, telling } = question;
  const found = facts.pushesOf(ask);
  const told = (found ?? []).filter(
    ({ name, cluster }) => mayTell(name) && (allowed === null || allowed.includes(cluster)),
  );
  if (ask.by === 'delivery' && told.length === 0) return { kind: 'not-found' };
  const meant = told.filter(({ cluster }) => clusters === null || clusters.includes(cluster));
  const unproven: Unproven[] = [];
  const pushes = meant.flatMap((push): PushFacts[] => {
    const result = facts.resultOf(push.push, push.cluster);
    if (result === null) return [];
    const { check } = result;
    const freeze = facts.freezeOf(push.cluster);
    const unprovenOf = ({ serviceId, digest }: CheckedFacts): Unproven => {
      const platforms = check?.shown.find((one) => one.digest === digest)?.members ?? [];
      const digests = digest === null ? [] : [digest, ...platforms];
      return { cluster: push.cluster, serviceId, digests };
    };
    return [
      {
        cluster: push.cluster,
        delivery: push.delivery,
        receivedAt: push.receivedAt,
        wanted: wantedOf(push, ask),
        ...result,
        deploymentsOf: (serviceId) => facts.deploymentsOf(push.cluster, serviceId),
        frozen: ({ serviceId, service, stack }) => {
          const hold = freeze({ id: serviceId, name: service, stack });
          return hold?.kind === 'frozen' ? `frozen: ${hold.reason}` : null;
        },
        gatesOf: (serviceId) => facts.gatesOf(push.cluster, serviceId),
        converged: (service) => {
          const one = unprovenOf(service);
          unproven.push(one);
          return watch.of(one);
        },
      },
    ];
  });
  const since = ask.by === 'image' ? ask.since : now - ASKED_BACK_MS;
  const outcome = buildOutcome({ pushes, clusters: clusters ?? [], since, now, telling });
  return { kind: 'told', view: { ...outcome, version: versionOf(outcome) }, unproven };
};

const wantedOf = ({ digest }: FoundPush, ask: OutcomeAsk): Digest | null =>
  digest ?? (ask.by === 'image' ? ask.digest : null);

const VERSION_LENGTH = 16;

/** The version covers everything except `since`, the time from which pushes count. */
const versionOf = (outcome: Outcome): string =>
  hash('sha256', JSON.stringify({ ...outcome, since: null })).slice(0, VERSION_LENGTH);
