import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pickCoding } from '../compression.ts';
import { isNamed } from '../entity-tags.ts';
import { LIMITS } from '../limits.ts';
import { Problem } from '../problem.ts';
import { createByteRate } from './byte-rate.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const RETRY_AFTER_SECONDS = 10;
const ENDINGS = { br: '.br', gzip: '.gz' } as const;

type Coding = keyof typeof ENDINGS;
type Stored = { readonly body: Buffer; readonly tag: string };

const SLICE_BYTES = 64 * 1024;

/** In one piece the kernel would copy it in one go, 20 ms during which nobody else is answered. */
function* slicesOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += SLICE_BYTES) yield body.subarray(at, at + SLICE_BYTES);
}

/** Answers a request for a file by its name; false where there is none. */
export type StaticFiles = (name: string, request: FastifyRequest, reply: FastifyReply) => boolean;

/**
 * The files of a folder, without its subfolders. Each is read when it is first asked for and sent from that one
 * buffer from then on, in the smallest of the forms that were built (`.br`, `.gz`) and that the client takes.
 * The names are those that the folder had at the start, so nothing in a request becomes a path.
 */
export const openStaticFiles = (folder: string): StaticFiles => {
  const names = new Set(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => entry.name),
  );
  const stored = new Map<string, Stored>();
  const maySend = createByteRate(LIMITS.largePerSecond, Date.now);
  let largeOnes = 0;

  const countLarge = (reply: FastifyReply, bytes: number): void => {
    if (largeOnes >= LIMITS.largeAnswers || !maySend(bytes)) {
      const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
      throw new Problem(503, 'too-busy', 'too many are reading this: come again later', {
        headers,
      });
    }
    largeOnes += 1;
    reply.raw.once('close', () => {
      largeOnes -= 1;
    });
  };

  const read = (name: string): Stored => {
    const before = stored.get(name);
    if (before !== undefined) return before;
    const body = readFileSync(join(folder, name));
    const made = { body, tag: `"${hash('sha256', body, 'base64url')}"` };
    stored.set(name, made);
    return made;
  };

  return (name, request, reply) => {
    const { headers } = request;
    const type = TYPES[extname(name)];
    if (type === undefined || !names.has(name)) return false;
    const accepted = headers['accept-encoding'];
    const hasForm = (coding: Coding): boolean => names.has(name + ENDINGS[coding]);
    const wanted = typeof accepted === 'string' ? pickCoding(accepted) : null;
    const coding = wanted !== null && hasForm(wanted) ? wanted : null;
    const { body, tag } = read(coding === null ? name : name + ENDINGS[coding]);
    reply.headers({ etag: tag, vary: 'accept-encoding' });
    const known = headers['if-none-match'];
    if (known !== undefined && isNamed(tag, known)) {
      void reply.code(304).send();
      return true;
    }
    const isLarge = body.length > LIMITS.largeAnswer && request.method !== 'HEAD';
    if (isLarge) countLarge(reply, body.length);
    if (coding !== null) reply.header('content-encoding', coding);
    reply.type(type);
    void (isLarge
      ? reply.header('content-length', body.length).send(Readable.from(slicesOf(body)))
      : reply.send(body));
    return true;
  };
};
