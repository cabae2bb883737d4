import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pickCoding } from './compression.ts';
import { isNamed } from './entity-tags.ts';
import { LIMITS } from '../ports/limits.ts';
import { Problem } from '../problem/problem.ts';
import { createByteRate } from '../body/byte-rate.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const RETRY_AFTER_SECONDS = 10;
/** The compressed forms, smallest first. */
const ENDINGS = { br: '.br', gzip: '.gz' } as const;
const CODINGS = ['br', 'gzip'] as const;

type Stored = { readonly body: Buffer; readonly tag: string };

const SLICE_BYTES = 64 * 1024;

/** In one piece, the kernel would copy it in one step, which blocks all other answers for 20 ms. */
function* slicesOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += SLICE_BYTES) yield body.subarray(at, at + SLICE_BYTES);
}

/** Answers a request for a file by its name. False if there is no such file. */
export type StaticFiles = (name: string, request: FastifyRequest, reply: FastifyReply) => boolean;

/**
 * Serves the files of a folder, without its subfolders. Each file is read on first use and then sent from that buffer,
 * in the smallest built form (`.br`, `.gz`) that the client accepts. A file that exists only as `.gz` is unpacked for a
 * client that accepts no compression. The names are those that the folder had at the start, so nothing in a request
 * becomes a path.
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
    const isThere = names.has(name);
    const file = readFileSync(join(folder, isThere ? name : name + ENDINGS.gzip));
    const body = isThere ? file : gunzipSync(file);
    const made = { body, tag: `"${hash('sha256', body, 'base64url')}"` };
    stored.set(name, made);
    return made;
  };

  return (name, request, reply) => {
    const { headers } = request;
    const type = TYPES[extname(name)];
    const built = CODINGS.filter((coding) => names.has(name + ENDINGS[coding]));
    if (type === undefined || !(names.has(name) || built.includes('gzip'))) return false;
    const accepted = headers['accept-encoding'];
    const coding = typeof accepted === 'string' ? pickCoding(accepted, built) : null;
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
