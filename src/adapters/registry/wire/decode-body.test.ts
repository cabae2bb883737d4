import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBody } from './decode-body.ts';
import { RegistryError } from './registry-error.ts';

const LIMIT = 64 * 1024;

test('what is encoded is decoded, in the order of its encodings', () => {
  const text = Buffer.from('{"schemaVersion":2}');
  expect(decodeBody(zstdCompressSync(gzipSync(text)), ' GZIP , zstd', 'r', LIMIT)).toEqual(text);
});

test.each([null, '', 'identity', ' Identity '])('%s leaves it as it is', (encoding) => {
  const body = Buffer.from('x');
  expect(decodeBody(body, encoding, 'r', LIMIT)).toBe(body);
});

test('a little that becomes more than is read is given up', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const before = process.memoryUsage().arrayBuffers;
  expect(() => decodeBody(bomb, 'gzip', 'r', LIMIT)).toThrow('more than 64 KiB');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
});

test('whatever it is, it is decoded within the limit or refused', () => {
  const names = fc.constantFrom('gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'gzip, br', 'zip');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), names, (bytes, name) => {
      try {
        expect(decodeBody(Buffer.from(bytes), name, 'r', LIMIT).length).toBeLessThanOrEqual(LIMIT);
      } catch (error) {
        expect(error).toBeInstanceOf(RegistryError);
      }
    }),
  );
});
