import { ClusterError } from '../../core/cluster.ts';
import { type ClusterTls, parseClusterAddress } from './cluster-address.ts';
import { engineMessage } from './engine-answers.ts';
import { cleanLine } from './engine-logs.ts';
import { type Asked, connectionProblem, statusProblem } from './engine-problem.ts';
import { createExchange, type Exchanged } from './exchange.ts';
import { ExchangeFailure } from './exchange-failure.ts';
import {
  createVersionNegotiation,
  isClientVersionProblem,
  unlessAborted,
} from './engine-version.ts';

export type EngineCall = {
  readonly method: 'GET' | 'POST';
  /** Without version prefix and query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadlineMs: number;
  readonly maxBytes: number;
  readonly keepPartial?: boolean;
  /** Statuses other than 2xx that are an answer and no error. */
  readonly expects?: (status: number, message: string) => boolean;
};

export type EngineAnswer = Exchanged & {
  /** What an answer other than 2xx says. */
  readonly message: string;
};

export type EngineConnection = {
  /** Sends a call under the negotiated version; throws `ClusterError` or the signal's own reason. */
  readonly call: (call: EngineCall, signal: AbortSignal) => Promise<EngineAnswer>;
  /** The API version spoken, negotiating it first where that is not done. */
  readonly version: (signal: AbortSignal) => Promise<string>;
  readonly close: () => Promise<void>;
};

/** The message of an error answer: the engine's JSON, or a proxy's text, fit to be shown. */
const messageOf = (body: Buffer): string => {
  const text = body.toString('utf8').trim();
  try {
    const read = engineMessage.safeParse(JSON.parse(text));
    if (read.success) return cleanLine(read.data.message);
  } catch {
    // A proxy's text; pages in HTML tell a person nothing.
  }
  return text.startsWith('<') ? '' : cleanLine(text.split('\n')[0] ?? '');
};

export const createEngineConnection = (options: {
  readonly cluster: string;
  readonly url: string;
  readonly tls: ClusterTls;
  readonly connectMs: number;
}): EngineConnection => {
  const { cluster } = options;
  const address = parseClusterAddress(options.url, options.tls);
  const { exchange, close } = createExchange(address, options.connectMs);

  const send = async (
    prefix: string,
    call: EngineCall,
    signal: AbortSignal,
  ): Promise<EngineAnswer> => {
    const { method, path, deadlineMs, maxBytes, keepPartial = false } = call;
    const asked: Asked = {
      cluster,
      address: address.shown,
      secure: address.origin.startsWith('https:'),
      tls: address.tls,
      method,
      path,
      changes: method !== 'GET',
      deadlineMs,
    };
    const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query).toString()}`;
    const request = {
      method,
      path: `${address.basePath}${prefix}${path}${query}`,
      headers: call.body === undefined ? {} : { 'content-type': 'application/json' },
      deadlineMs,
      maxBytes,
      keepPartial,
      ...(call.body === undefined ? {} : { body: call.body }),
    };
    const attempt = () =>
      exchange({ ...request, headers: { ...request.headers, ...call.headers } }, signal);
    let answer: Exchanged;
    try {
      // A kept connection that the other side has closed shows only when it is used: one more try on
      // a new one. Never for what changes something, as it may have been seen.
      answer = await attempt().catch((error: unknown) => {
        if (method === 'GET' && error instanceof ExchangeFailure && error.kind === 'lost')
          return attempt();
        throw error;
      });
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      versions.forget();
      throw connectionProblem(error, asked);
    }
    if (answer.status >= 200 && answer.status < 300) return { ...answer, message: '' };
    const message = messageOf(answer.body);
    if (call.expects?.(answer.status, message) === true) return { ...answer, message };
    throw statusProblem(answer.status, message, asked);
  };

  const versions = createVersionNegotiation(cluster, address.shown, (call, signal) =>
    send('', call, signal),
  );

  return {
    version: (signal) => unlessAborted(versions.agreed(), signal),
    close,
    async call(call, signal) {
      signal.throwIfAborted();
      const version = await unlessAborted(versions.agreed(), signal);
      try {
        return await send(`/v${version}`, call, signal);
      } catch (error) {
        if (!(error instanceof ClusterError) || !isClientVersionProblem(error)) throw error;
        // Another engine stands at this address than the one we agreed with; nothing was carried out.
        versions.forget();
        return send(`/v${await unlessAborted(versions.agreed(), signal)}`, call, signal);
      }
    },
  };
};
