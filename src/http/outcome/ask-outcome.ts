import type { FastifyReply } from 'fastify';
import { ASKED_BACK_MS, type OutcomeAsk } from '../../core/outcome/outcome-ask.ts';
import type { OutcomeView } from '../../core/outcome/outcome.ts';
import { found } from '../problem/found.ts';
import { LIMITS } from '../ports/limits.ts';
import type { ApiToken, HookSecret, ServerDeps } from '../ports/ports.ts';
import { Problem } from '../problem/problem.ts';
import { whileConnected } from '../server/while-connected.ts';
import type { OutcomeQuery } from '../schemas/outcome.ts';

/** The client that asks. */
export type Asker =
  | { readonly kind: 'secret'; readonly secret: HookSecret }
  | { readonly kind: 'token'; readonly token: ApiToken };

export type AskQuestion = (
  query: OutcomeQuery,
  asker: Asker,
  reply: FastifyReply,
) => Promise<OutcomeView>;

type Deps = Pick<ServerDeps, 'outcome' | 'intake' | 'reads' | 'now'>;

const RETRY_AFTER_SECONDS = '5';

/** Limits the number of waiting queries. */
const createPlaces = () => {
  const waiting = new Map<string, number>();
  let all = 0;
  return {
    /** Takes a place. Returns a function to call when the query was answered. */
    take: (secret: string | null): (() => void) => {
      const own = secret === null ? 0 : (waiting.get(secret) ?? 0);
      if (own >= LIMITS.outcomeWaitsOfSecret || all >= LIMITS.outcomeWaits) {
        throw new Problem(
          429,
          'too-many-waits',
          `${own >= LIMITS.outcomeWaitsOfSecret ? LIMITS.outcomeWaitsOfSecret : LIMITS.outcomeWaits} questions wait already: ask again later, or without wait`,
          { headers: { 'retry-after': RETRY_AFTER_SECONDS } },
        );
      }
      all += 1;
      if (secret !== null) waiting.set(secret, own + 1);
      return () => {
        all -= 1;
        if (secret === null) return;
        const left = (waiting.get(secret) ?? 1) - 1;
        if (left === 0) waiting.delete(secret);
        else waiting.set(secret, left);
      };
    },
  };
};

/**
 * Answers queries for the outcome of a push. With a webhook secret, a client can only query images that it could
 * announce, on clusters that it could announce to. It gets output of containers only if the configuration allows that.
 */
export const createOutcomeAsker = ({ outcome, intake, reads, now }: Deps): AskQuestion => {
  const places = createPlaces();

  const readAsk = (query: OutcomeQuery, secret: HookSecret | null): OutcomeAsk => {
    const { image, delivery, digest, since } = query;
    if ((image === undefined) === (delivery === undefined)) {
      throw new Problem(400, 'invalid-request', 'ask either about an image or about a delivery');
    }
    if (delivery !== undefined) {
      if (digest === undefined) return { by: 'delivery', delivery };
      throw new Problem(400, 'invalid-request', 'a digest goes with an image, not with a delivery');
    }
    const asked = intake.asked(image ?? '', digest ?? null, secret);
    switch (asked.kind) {
      case 'malformed':
        throw new Problem(400, 'invalid-request', asked.detail);
      case 'not-allowed':
        throw new Problem(
          403,
          'image-not-allowed',
          `this secret cannot announce ${asked.image}, so it cannot ask about it`,
        );
      case 'asked': {
        const earliest = since === undefined ? now() - ASKED_BACK_MS : Date.parse(since);
        return {
          by: 'image',
          name: asked.name,
          tag: asked.tag,
          digest: asked.digest,
          since: earliest,
        };
      }
      default:
        return asked satisfies never;
    }
  };

  const readClusters = async (
    { cluster }: OutcomeQuery,
    allowed: readonly string[] | null,
  ): Promise<readonly string[] | null> => {
    if (cluster === undefined) return null;
    const asked = [...new Set([cluster].flat())];
    const refused = asked.find((one) => allowed !== null && !allowed.includes(one));
    if (refused !== undefined) {
      throw new Problem(
        403,
        'cluster-not-allowed',
        `this secret cannot announce to cluster ${JSON.stringify(refused)}, so it cannot ask about it`,
      );
    }
    const known = (await reads.listClusters()).map(({ name }) => name);
    const unknown = asked.find((one) => !known.includes(one));
    if (unknown === undefined) return asked;
    throw new Problem(404, 'not-found', `there is no cluster ${JSON.stringify(unknown)}`);
  };

  return async (query, asker, reply) => {
    const secret = asker.kind === 'secret' ? asker.secret : null;
    if (secret?.outcome === false) {
      throw new Problem(
        403,
        'outcome-not-allowed',
        'this secret must not ask what became of a push: its configuration says outcome: false',
      );
    }
    const allowed = secret?.clusters ?? null;
    const asked = readAsk(query, secret);
    const clusters = await readClusters(query, allowed);
    const waitMs = query.wait ?? 0;
    const leave = waitMs === 0 ? null : places.take(secret?.name ?? null);
    const signal = whileConnected(reply, () => new Problem(499, 'gone', 'nobody waits any more'));
    try {
      const told = await outcome({
        who: asker.kind === 'secret' ? `secret ${asker.secret.name}` : `token ${asker.token.name}`,
        ask: asked,
        clusters,
        allowed,
        mayTell: (name) => secret === null || intake.mayAnnounce(secret, name),
        telling: {
          longestMessage: secret === null ? null : LIMITS.outcomeMessage,
          logs: asker.kind === 'secret' ? asker.secret.logs : asker.token.role === 'operator',
        },
        waitMs,
        known: query.known ?? null,
        signal,
      });
      return found(told, 'delivery');
    } finally {
      leave?.();
    }
  };
};
