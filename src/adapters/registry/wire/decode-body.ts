import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { RegistryError } from './registry-error.ts';

const DECODERS: ReadonlyMap<
  string,
  (bytes: Buffer, options: { maxOutputLength: number }) => Buffer
> = new Map([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
  ['zstd', (bytes, options) => zstdDecompressSync(bytes, options)],
]);
/** In practice, at most one proxy encodes an answer; allow a second. */
const MOST_ENCODINGS = 2;

const isTooLarge = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

/**
 * Decodes a body that a proxy encoded although we asked for it unencoded: digests are of the decoded content
 * ({@link https://www.rfc-editor.org/rfc/rfc9110#field.content-encoding RFC 9110}). Throws {@link RegistryError} if
 * it cannot be decoded, or is longer than `maxBytes` afterwards.
 */
export const decodeBody = (
  body: Buffer,
  contentEncoding: string | null,
  host: string,
  maxBytes: number,
): Buffer => {
  const names = (contentEncoding ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0 || body.length === 0) return body;
  let decoded = body;
  for (const name of names.slice(0, MOST_ENCODINGS).toReversed()) {
    const decode = DECODERS.get(name);
    if (decode === undefined || names.length > MOST_ENCODINGS) {
      throw new RegistryError('malformed', `${host} answered in an unknown encoding`);
    }
    try {
      decoded = decode(decoded, { maxOutputLength: maxBytes });
    } catch (error) {
      const detail = isTooLarge(error)
        ? `${host} answered with more than ${Math.floor(maxBytes / 1024)} KiB`
        : `${host} answered with a body that is not in the encoding that it names`;
      throw new RegistryError('malformed', detail, { cause: error });
    }
  }
  return decoded;
};
