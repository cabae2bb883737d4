import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

/** A shorter answer fits into one packet without compression. */
const LEAST_BYTES = 1024;
/** Nearly as small as the best quality, in a tenth of the time. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

const COMPRESS = {
  br: (text: string) => promisify(brotliCompress)(text, BROTLI),
  gzip: (text: string) => promisify(gzip)(text),
};
type Coding = keyof typeof COMPRESS;

const SMALLEST_FIRST: readonly Coding[] = ['br', 'gzip'];

/** The coding that a client accepts, the smallest first; null if it accepts none of the available ones. */
export const pickCoding = (
  acceptEncoding: string,
  codings: readonly Coding[] = SMALLEST_FIRST,
): Coding | null => {
  const taken = acceptEncoding
    .toLowerCase()
    .split(',')
    .map((one) => one.split(';').map((part) => part.trim()))
    .filter(([, weight]) => weight === undefined || !/^q=0(?:\.0*)?$/.test(weight))
    .map(([name]) => name);
  return codings.find((coding) => taken.includes(coding)) ?? null;
};

/** Compresses answers of `app` for clients that accept it. */
export const addCompression = (app: FastifyInstance): void => {
  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' || Buffer.byteLength(payload) < LEAST_BYTES) return payload;
    const vary = reply.getHeader('vary');
    reply.header('vary', typeof vary === 'string' ? `${vary}, accept-encoding` : 'accept-encoding');
    const accepted = request.headers['accept-encoding'];
    const coding = typeof accepted === 'string' ? pickCoding(accepted) : null;
    if (coding === null || request.method === 'HEAD') return payload;
    reply.header('content-encoding', coding).removeHeader('content-length');
    return COMPRESS[coding](payload);
  });
};
