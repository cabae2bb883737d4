import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';

const ELF_64_LITTLE_ENDIAN = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
/** Fields of the header of an ELF file, and of an entry of its table of segments: see elf(5). */
const SEGMENTS_AT = 0x20;
const SECTIONS_AT = 0x28;
const SEGMENT_BYTES = 0x36;
const SEGMENT_COUNT = 0x38;
const SECTION_COUNT = 0x3c;
const SECTION_NAMES = 0x3e;
const SEGMENT_OFFSET = 0x08;
const SEGMENT_SIZE = 0x20;

const read64 = (file: Buffer, at: number): number => Number(file.readBigUInt64LE(at));

/**
 * Copies a program or library without what only debuggers read: everything after the last segment that is loaded, which
 * are the symbols and the table of sections. Does what `strip` does, which images with Node seldom have.
 */
export const copyStripped = (from: string, to: string): void => {
  const file = readFileSync(from);
  if (!file.subarray(0, ELF_64_LITTLE_ENDIAN.length).equals(ELF_64_LITTLE_ENDIAN)) {
    throw new Error(`${from}: expected a 64-bit little-endian ELF file`);
  }
  let end = 0;
  for (let index = 0; index < file.readUInt16LE(SEGMENT_COUNT); index += 1) {
    const at = read64(file, SEGMENTS_AT) + index * file.readUInt16LE(SEGMENT_BYTES);
    end = Math.max(end, read64(file, at + SEGMENT_OFFSET) + read64(file, at + SEGMENT_SIZE));
  }
  file.writeBigUInt64LE(0n, SECTIONS_AT);
  file.writeUInt16LE(0, SECTION_COUNT);
  file.writeUInt16LE(0, SECTION_NAMES);
  writeFileSync(to, file.subarray(0, end));
  chmodSync(to, statSync(from).mode);
};
