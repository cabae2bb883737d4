import { ActRefused } from '../../core/contract/act-refused.ts';
import type { Cluster } from '../../core/swarm/cluster.ts';
import { shortDigest } from '../../core/image/digest.ts';
import { LINK_ROLE, LINK_VOTER, type VoteRefusal } from '../../core/policy/approvals/judge-vote.ts';
import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import { VOTER_ROLES, type VoterRole } from '../../core/policy/gates/gate-policy.ts';
import type { Role } from '../../core/contract/role.ts';
import {
  approveByPerson,
  type ByLink,
  type Decision,
  rejectByPerson,
} from '../../store/acts/decide.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Clock } from '../loop/clock.ts';

export type DecideDeps = {
  readonly clusters: readonly Pick<Cluster, 'name' | 'listServices'>[];
  readonly db: Db;
  readonly clock: Pick<Clock, 'now'>;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** Wakes the work of this cluster: a service is due. */
  readonly wake: (cluster: string) => void;
};

type Key = { readonly cluster: string; readonly service: string };
/** A person with a token, or a one-time link that a channel sent. */
type By = {
  readonly actor: string;
  readonly role?: Role;
  readonly address?: string;
  readonly link?: Exclude<ByLink, null>;
  readonly signal: AbortSignal;
};

/** What people decide about waiting images. Each throws {@link ActRefused} if there is nothing to decide. */
export type DecideActs = {
  /**
   * Counts a vote for this digest, or for the one that begins so; null means the digest that waits. A second vote of
   * the same person changes nothing.
   */
  readonly approve: (
    key: Key,
    options: { readonly digest: string | null },
    by: By,
  ) => Promise<WaitingView>;
  /** Holds the image for the service until another image comes or a person releases it. */
  readonly reject: (
    key: Key,
    options: { readonly digest: string | null; readonly reason: string },
    by: By,
  ) => Promise<WaitingView>;
};

const isVoter = (role: Role): role is VoterRole =>
  VOTER_ROLES.some((voter: Role) => voter === role);

export const createDecideActs = (deps: DecideDeps): DecideActs => {
  const { db, clock, newId } = deps;

  const actOf = ({ actor, address }: By) => ({ id: newId(), actor, address: address ?? null });

  /** Why nothing can be decided about a service that does not wait. The service might not exist. */
  const refuseIdle = async ({ cluster: name, service }: Key, signal: AbortSignal) => {
    const cluster = deps.clusters.find((one) => one.name === name);
    if (cluster === undefined) return new ActRefused('not-found', `there is no cluster ${name}`);
    const services = await cluster.listServices(signal);
    return services.some((one) => one.name === service || one.id === service)
      ? new ActRefused('conflict', `${service} is not waiting for anything; nothing was changed`)
      : new ActRefused('not-found', `cluster ${name} has no service ${service}`);
  };

  const settle = async (key: Key, decision: Decision, by: By): Promise<WaitingView> => {
    switch (decision.kind) {
      case 'done':
        deps.wake(key.cluster);
        return decision.waiting;
      case 'repeated':
        return decision.waiting;
      case 'not-waiting':
        throw await refuseIdle(key, by.signal);
      case 'link-used':
        throw new ActRefused('conflict', 'this link was already used; nothing was changed');
      case 'refused':
        throw refusal(decision.why, decision.waiting);
      default:
        return decision satisfies never;
    }
  };

  return {
    approve: async (key, { digest }, by) => {
      const { link = null, role = 'viewer' } = by;
      if (link === null && !isVoter(role)) {
        throw new ActRefused('not-allowed', 'approving requires the role approver or operator');
      }
      const voter =
        link === null && isVoter(role)
          ? { person: by.actor, role }
          : { person: LINK_VOTER, role: LINK_ROLE };
      const vote = { ...voter, digest, link };
      return settle(
        key,
        await approveByPerson(db, key, vote, { act: actOf(by), now: clock.now() }),
        by,
      );
    },
    reject: async (key, { digest, reason }, by) => {
      const ids = { hold: newId(), news: newId() };
      const rejection = { digest, reason, ids, link: by.link ?? null };
      return settle(
        key,
        await rejectByPerson(db, key, rejection, { act: actOf(by), now: clock.now() }),
        by,
      );
    },
  };
};

const refusal = (why: VoteRefusal, { name, target, gates }: WaitingView): ActRefused => {
  switch (why) {
    case 'other-image':
      return new ActRefused(
        'conflict',
        `${name} now waits for another image, ${shortDigest(target.digest)}: review it before you decide`,
      );
    case 'no-votes-wanted': {
      const what = gates.map(({ detail }) => detail).join('; ');
      return new ActRefused('conflict', `${name} waits, but not for votes: ${what}`);
    }
    case 'role-not-allowed': {
      const roles = gates.flatMap(({ votes, canOpen }) => (votes === null ? [] : canOpen));
      const who = roles.length === 0 ? 'nobody' : `the role ${roles.join(' or ')} only`;
      return new ActRefused('not-allowed', `the policies let ${who} approve ${name}`);
    }
    case 'too-late':
      return new ActRefused('conflict', `the time to approve ${name} is over: it is not deployed`);
    default:
      return why satisfies never;
  }
};
