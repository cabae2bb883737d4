import { ClusterError } from '../../../core/swarm/cluster.ts';
import { createExchange, type Exchanged } from '../wire/exchange.ts';
import { ExchangeFailure } from '../wire/exchange-failure.ts';
import { cleanLine } from '../wire/engine-logs.ts';
import { bearerOf, parseSwarmpitAddress } from './address.ts';
import { swarmpitError } from './answers.ts';
import { type SwarmpitAsked, swarmpitConnectionProblem, type SwarmpitRefusal } from './problem.ts';

export type SwarmpitCall = {
  readonly method: 'GET' | 'POST';
  /** Relative to the base path, for example `/api/services`. */
  readonly path: string;
  readonly deadlineMs: number;
  /** Default: enough for a large Swarm. */
  readonly maxBytes?: number;
};

export type SwarmpitReply =
  | {
      readonly ok: true;
      readonly body: Buffer;
      /** Swarmpit's time when it answered, in ms since the epoch; up to a second early. */
      readonly at: number | null;
    }
  | { readonly ok: false; readonly refusal: SwarmpitRefusal };

export type SwarmpitConnection = {
  /** Throws `ClusterError` if no answer came, or the signal's reason. */
  readonly call: (call: SwarmpitCall, signal: AbortSignal) => Promise<SwarmpitReply>;
  readonly asked: (call: SwarmpitCall) => SwarmpitAsked;
  readonly close: () => Promise<void>;
};

const LARGEST_ANSWER = 256 * 1024 * 1024;

export const createSwarmpitConnection = (options: {
  readonly cluster: string;
  readonly url: string;
  readonly token: { readonly reveal: () => string };
  readonly connectMs: number;
}): SwarmpitConnection => {
  const { cluster } = options;
  const address = parseSwarmpitAddress(options.url);
  const { exchange, close } = createExchange(address, options.connectMs);

  const asked = ({ method, path, deadlineMs }: SwarmpitCall): SwarmpitAsked => ({
    cluster,
    address: address.shown,
    call: `${method} ${path}`,
    changes: method !== 'GET',
    deadlineMs,
  });

  return {
    asked,
    close,
    async call(call, signal) {
      const authorization = bearerOf(options.token.reveal());
      if (authorization === null) {
        const detail = 'the token is empty or contains invalid characters: paste it again';
        throw new ClusterError(cluster, 'sign-in-refused', detail, { retryable: false });
      }
      const { method, path, deadlineMs } = call;
      const request = {
        method,
        path: `${address.basePath}${path}`,
        headers: { authorization },
        deadlineMs,
        maxBytes: call.maxBytes ?? LARGEST_ANSWER,
      };
      try {
        // A kept connection that was closed meanwhile fails only when it is used: a read is retried once. A redeploy
        // is not, because each one restarts tasks.
        const answer = await exchange(request, signal).catch((error: unknown) => {
          const isStale = error instanceof ExchangeFailure && error.kind === 'lost';
          if (isStale && method === 'GET') return exchange(request, signal);
          throw error;
        });
        return answer.status >= 200 && answer.status < 300
          ? { ok: true, body: answer.body, at: dateOf(answer) }
          : { ok: false, refusal: refusalOf(answer) };
      } catch (error) {
        if (!(error instanceof ExchangeFailure)) throw error;
        throw swarmpitConnectionProblem(error, asked(call));
      }
    },
  };
};

const dateOf = ({ headers }: Exchanged): number | null => {
  const at = Date.parse(headers.date ?? '');
  return Number.isNaN(at) ? null : at;
};

const refusalOf = (answer: Exchanged): SwarmpitRefusal => {
  const { status } = answer;
  const isOwn = String(answer.headers['x-backend-server'] ?? '').toLowerCase() === 'swarmpit';
  try {
    const read = swarmpitError.parse(JSON.parse(answer.body.toString('utf8')));
    const error = typeof read.error === 'string' ? cleanLine(read.error) : null;
    return { status, isOwn, error, isBlank: read.error === null, isJson: true };
  } catch {
    return { status, isOwn, error: null, isBlank: false, isJson: false };
  }
};
