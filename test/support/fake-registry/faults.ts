import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

/** What goes wrong with a request. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Accepts the request and never answers. */
  | { readonly kind: 'hang' }
  /** Answers 200 at once, then sends one byte of the body every `everyMs`, for ever. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** Answers 200 with this many bytes and no length. */
  | { readonly kind: 'huge'; readonly bytes: number }
  | {
      readonly kind: 'redirect';
      readonly to: string;
      readonly status?: number;
      /** Passes on the query of the request. */
      readonly keepsQuery?: boolean;
    }
  /** Answers as usual, but with a changed digest. */
  | { readonly kind: 'bend-digest'; readonly bend: (digest: string) => string | string[] }
  /** Closes the connection instead of answering. */
  | { readonly kind: 'reset' }
  /** Waits, then answers as usual. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Answers as usual, in this encoding. */
  | { readonly kind: 'encoded'; readonly encoding: 'gzip' | 'deflate' | 'br' | 'zstd' }
  /** Answers as usual, but without these headers. */
  | { readonly kind: 'without-headers'; readonly names: readonly string[] }
  /** Answers as usual, but with these additional headers. */
  | {
      readonly kind: 'with-headers';
      readonly headers: Readonly<Record<string, string | string[]>>;
    }
  /** Answers 200 with these bytes instead of the requested ones. */
  | {
      readonly kind: 'content';
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** The requests that a fault applies to. An omitted field matches all. */
export type FaultFilter = {
  readonly method?: string;
  readonly kind?: FakeRequestKind;
  readonly repository?: string;
  readonly reference?: string;
  /** A part of the path or of the query. */
  readonly query?: string;
  /** Whether the request has an `Authorization` header. */
  readonly signedIn?: boolean;
  /** How many requests it applies to; default: all until it is removed. */
  readonly times?: number;
};

export type FakeRequestKind = 'ping' | 'manifest' | 'tags' | 'blob' | 'token' | 'other';

export type ArmedFault = { readonly fault: Fault; readonly filter: FaultFilter; left: number };

const CHUNK = Buffer.alloc(64 * 1024, 0x20);

const pourBytes = (response: ServerResponse, bytes: number): void => {
  let left = bytes;
  const pour = (): void => {
    while (left > 0 && !response.destroyed) {
      const size = Math.min(left, CHUNK.length);
      left -= size;
      if (!response.write(CHUNK.subarray(0, size))) {
        response.once('drain', pour);
        return;
      }
    }
    if (!response.destroyed) response.end();
  };
  pour();
};

const drip = (response: ServerResponse, everyMs: number): void => {
  const timer = setInterval(() => response.write(' '), everyMs);
  response.once('close', () => clearInterval(timer));
};

/** Answers according to the fault. Returns false if the usual answer must follow. */
export const answerWithFault = (
  fault: Fault,
  response: ServerResponse,
  { query }: { readonly query: string },
): boolean => {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return true;
    case 'hang':
      return true;
    case 'drip':
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      drip(response, fault.everyMs);
      return true;
    case 'huge':
      response.writeHead(200, { 'content-type': 'application/json' });
      pourBytes(response, fault.bytes);
      return true;
    case 'redirect':
      response
        .writeHead(fault.status ?? 307, {
          location: fault.keepsQuery === true ? `${fault.to}&${query.slice(1)}` : fault.to,
        })
        .end();
      return true;
    case 'reset':
      response.socket?.resetAndDestroy();
      return true;
    case 'content':
      response
        .writeHead(200, { 'content-type': 'application/json', ...fault.headers })
        .end(fault.body);
      return true;
    case 'slow':
    case 'encoded':
    case 'bend-digest':
    case 'without-headers':
    case 'with-headers':
      return false;
  }
};

/** The body of a usual answer, encoded if a fault says so. */
export const bendBody = (body: Buffer, faults: readonly Fault[]): Buffer => {
  let bent = body;
  for (const fault of faults) if (fault.kind === 'encoded') bent = ENCODERS[fault.encoding](bent);
  return bent;
};

const ENCODERS = {
  gzip: (bytes: Buffer) => gzipSync(bytes),
  deflate: (bytes: Buffer) => deflateSync(bytes),
  br: (bytes: Buffer) => brotliCompressSync(bytes),
  zstd: (bytes: Buffer) => zstdCompressSync(bytes),
} as const;

/** The headers of a usual answer, changed by the faults that allow an answer. */
export const bendHeaders = (
  headers: Record<string, string | string[]>,
  faults: readonly Fault[],
): Record<string, string | string[]> => {
  let bent = headers;
  for (const fault of faults) {
    if (fault.kind === 'encoded') bent = { ...bent, 'content-encoding': fault.encoding };
    const digest = bent['docker-content-digest'];
    if (fault.kind === 'bend-digest' && typeof digest === 'string') {
      bent = { ...bent, 'docker-content-digest': fault.bend(digest) };
    }
    if (fault.kind === 'with-headers') bent = { ...bent, ...fault.headers };
    if (fault.kind === 'without-headers') {
      const gone = new Set(fault.names.map((name) => name.toLowerCase()));
      bent = Object.fromEntries(Object.entries(bent).filter(([name]) => !gone.has(name)));
    }
  }
  return bent;
};
