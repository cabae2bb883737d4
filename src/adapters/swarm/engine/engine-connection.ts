import { unlessAborted } from '../../exchange/deadline.ts';
import type { ClusterTls } from '../wire/cluster-address.ts';
import { parseClusterAddress } from '../wire/cluster-address.ts';
import { engineMessage } from './engine-answers.ts';
import { cleanLine } from '../wire/engine-logs.ts';
import { type Asked, connectionProblem, statusProblem } from './engine-problem.ts';
import { createExchange, type Exchange, type Exchanged } from '../wire/exchange.ts';
import { ExchangeFailure } from '../wire/exchange-failure.ts';
import {
  askVersion,
  createVersionAgreement,
  offeredVersion,
  type OfferedVersion,
} from './engine-version.ts';
import type { EngineAnswer, EngineCall } from './engine-call.ts';

/** Sends a call with the agreed version. Throws `ClusterError` or the signal's reason. */
export type EngineCaller = (call: EngineCall, signal: AbortSignal) => Promise<EngineAnswer>;

/** One connection. Its peer is the same engine from the first call to the last. */
export type EngineLine = {
  /** The newest version that the peer offers, and that is spoken with it. */
  readonly version: string;
  readonly call: EngineCaller;
};

export type EngineConnection = {
  readonly call: EngineCaller;
  /** The API version in use. Agrees on one first if necessary. */
  readonly version: (signal: AbortSignal) => Promise<string>;
  /**
   * Runs a change on a connection of its own: all calls of `work` reach the engine that reported its version there,
   * even while it is being replaced with another.
   */
  readonly onOneLine: <T>(
    work: (line: EngineLine) => Promise<T>,
    signal: AbortSignal,
  ) => Promise<T>;
  readonly close: () => Promise<void>;
};

/** The message of an error answer, safe to show: the engine's JSON or a proxy's text. */
const messageOf = (body: Buffer): string => {
  const text = body.toString('utf8').trim();
  try {
    const read = engineMessage.safeParse(JSON.parse(text));
    if (read.success) return cleanLine(read.data.message);
  } catch {
    // Not JSON, so a proxy's text. HTML pages tell a person nothing.
  }
  return text.startsWith('<') ? '' : cleanLine(text.split('\n')[0] ?? '');
};

const isSuccess = ({ status }: Exchanged): boolean => status >= 200 && status < 300;

export const createEngineConnection = (options: {
  readonly cluster: string;
  readonly url: string;
  readonly tls: ClusterTls;
  readonly connectMs: number;
}): EngineConnection => {
  const { cluster } = options;
  const address = parseClusterAddress(options.url, options.tls);
  const { exchange, openLine, close } = createExchange(address, options.connectMs);

  const askedBy = ({ method, path, deadlineMs }: EngineCall): Asked => ({
    cluster,
    address: address.shown,
    secure: address.origin.startsWith('https:'),
    tls: address.tls,
    method,
    path,
    changes: method !== 'GET',
    deadlineMs,
  });

  /** Returns any answer. `version` is null for a call without one. */
  const send = async (
    by: Exchange,
    version: string | null,
    call: EngineCall,
    signal: AbortSignal,
  ): Promise<EngineAnswer> => {
    const { method, path, deadlineMs, maxBytes, body, keepPartial = false } = call;
    const prefix = version === null ? '' : `/v${version}`;
    const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query).toString()}`;
    const request = {
      method,
      path: `${address.basePath}${prefix}${path}${query}`,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      deadlineMs,
      maxBytes,
      keepPartial,
      ...(body === undefined ? {} : { body }),
    };
    try {
      const answer = await by(request, signal);
      const offered = offeredVersion(answer);
      versions.heed(offered);
      return {
        ...answer,
        message: isSuccess(answer) ? '' : messageOf(answer.body),
        version: offered === version ? version : null,
      };
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      versions.forget();
      throw connectionProblem(error, askedBy(call));
    }
  };

  /** Returns the answer if the call expects it; otherwise throws the error that it reports. */
  const accept = (answer: EngineAnswer, call: EngineCall): EngineAnswer => {
    const { status, message } = answer;
    if (isSuccess(answer) || call.expects?.(status, message) === true) return answer;
    throw statusProblem(status, message, askedBy(call));
  };

  const ask = async (by: Exchange, signal: AbortSignal): Promise<OfferedVersion> =>
    askVersion(
      cluster,
      address.shown,
      async (call, until) => accept(await send(by, null, call, until), call),
      signal,
    );

  /**
   * A kept connection that the peer has closed fails only when it is used: retry once on a new one. Never for a
   * change, because the peer may have seen it.
   */
  const readAgain: Exchange = (request, signal) =>
    exchange(request, signal).catch((error: unknown) => {
      const isLost = error instanceof ExchangeFailure && error.kind === 'lost';
      if (request.method === 'GET' && isLost) return exchange(request, signal);
      throw error;
    });

  const versions = createVersionAgreement(async (signal) => (await ask(readAgain, signal)).version);

  return {
    version: (signal) => unlessAborted(versions.agreed(), signal),
    close,
    async call(call, signal) {
      const version = await unlessAborted(versions.agreed(), signal);
      const answer = await send(readAgain, version, call, signal);
      // Refused because another engine answered than the one that reported its version. Nothing was done.
      const isOther = answer.status === 400 && answer.version === null;
      if (!isOther || offeredVersion(answer) === null) return accept(answer, call);
      const now = await unlessAborted(versions.agreed(), signal);
      return accept(await send(readAgain, now, call, signal), call);
    },
    async onOneLine(work, signal) {
      signal.throwIfAborted();
      const line = openLine();
      try {
        const { version, closes } = await ask(line.exchange, signal);
        if (closes) line.mayReopen();
        return await work({
          version,
          call: async (call, until) =>
            accept(await send(line.exchange, version, call, until), call),
        });
      } finally {
        await line.close();
      }
    },
  };
};
