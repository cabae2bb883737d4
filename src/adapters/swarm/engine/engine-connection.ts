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

/** Sends a call under the version agreed upon; throws `ClusterError` or the signal's own reason. */
export type EngineCaller = (call: EngineCall, signal: AbortSignal) => Promise<EngineAnswer>;

/** One connection, whose other end is one engine from its first call to its last. */
export type EngineLine = {
  /** The newest that the engine at its other end offers, under which it is spoken to. */
  readonly version: string;
  readonly call: EngineCaller;
};

export type EngineConnection = {
  readonly call: EngineCaller;
  /** The API version spoken, agreeing on it first where that is not done. */
  readonly version: (signal: AbortSignal) => Promise<string>;
  /**
   * Does what changes something on a connection of its own: the engine that told its version there is the
   * one that all calls of `work` reach, even where another is being put in its place.
   */
  readonly onOneLine: <T>(
    work: (line: EngineLine) => Promise<T>,
    signal: AbortSignal,
  ) => Promise<T>;
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

  /** Whatever is answered; `version` is null for a call without one. */
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

  /** The answer where it is one that the call expects; else throws what it tells. */
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
   * A kept connection that the other side has closed shows only when it is used: one more try on a new one.
   * Never for what changes something, as it may have been seen.
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
      // Refused because another engine answers than the one that told its version; nothing was done.
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
