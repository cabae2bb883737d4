/**
 * What the sample program does: `exits` ends on its own, `runs` waits until it is stopped, and `eats` waits too, with
 * that much memory in use.
 */
export type Behaviour =
  | { readonly kind: 'runs' }
  | { readonly kind: 'eats'; readonly mebibytes: number }
  | { readonly kind: 'exits'; readonly code: number; readonly afterMs: number };

export type Program = {
  readonly behaviour: Behaviour;
  /** The result of the program as its own health check, which calls it with an argument. */
  readonly healthExitCode: number;
  /** Exit code after SIGTERM or SIGINT. */
  readonly stopExitCode: number;
};

export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

const LOAD_ADDRESS = 0x40_0000;
const FILE_HEADER = 64;
const PROGRAM_HEADER = 56;
/** The start of the table of values that the code reads, and the start of the code. */
const TABLE = FILE_HEADER + PROGRAM_HEADER;
const TABLE_LENGTH = 88;
const CODE = TABLE + TABLE_LENGTH;

/**
 * Both versions do the same, with only system calls and values from the table. Called with an argument, they exit with
 * the health code. Otherwise they block SIGTERM and SIGINT, write the greeting, and wait. On one of the two signals
 * they exit with the stop code. When the time has passed, they write the last words and exit with the exit code. A
 * signal that a program waits for needs no handler, and is not ignored even if the program is process 1.
 */
const CODE_OF: Readonly<Record<Architecture, { machine: number; hex: string }>> = {
  amd64: {
    machine: 0x3e,
    hex: `bb7800400048833c2401488b7b487f6541ba0800000031d24889de31ffb80e0000000f05488b5328488b7320bf010000
00b8010000000f0541ba08000000488b530831f64889dfb8800000000f05488b7b504885c07f1e4883f8f575db488b53
38488b7330bf02000000b8010000000f05488b7b40b8e70000000f05`,
  },
  arm64: {
    machine: 0xb7,
    hex: `130f80d21308a0f2e10340f9602640f93f0400f1cc030054000080d2e10313aa020080d2030180d2e81080d2010000d4
200080d2611240f9621640f9080880d2010000d4e00313aa010080d2620640f9030180d2281180d2010000d4e10300aa
602a40f93f0000f12c0100543f2c00b1a1feff54400080d2611a40f9621e40f9080880d2010000d4602240f9c80b80d2
010000d4`,
  },
};

/** Runs first: `mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)`. */
const EATING: Readonly<Record<Architecture, (size: number) => Buffer>> = {
  amd64: (size) => {
    const code = Buffer.from(
      'b80900000031ffbe00000000ba0300000041ba228000004983c8ff4531c90f05',
      'hex',
    );
    code.writeUInt32LE(size, 8);
    return code;
  },
  arm64: (size) => {
    const words = [
      0xd280_0000,
      0xd2a0_0001 + (size >>> 16) * 32,
      0xd280_0062,
      0xd290_0443,
      0x9280_0004,
      0xd280_0005,
      0xd280_1bc8,
      0xd400_0001,
    ];
    const code = Buffer.alloc(words.length * 4);
    for (const [index, word] of words.entries()) code.writeUInt32LE(word, index * 4);
    return code;
  },
};
const MEBIBYTE = 1 << 20;

const SIGINT_AND_SIGTERM = (1n << 1n) | (1n << 14n);

const u64s = (...values: readonly (number | bigint)[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), index * 8);
  return bytes;
};

/**
 * A static executable for Linux of a few hundred bytes, built without a compiler. Layout:
 * {@link https://refspecs.linuxfoundation.org/elf/elf.pdf ELF}, one segment that is readable and executable.
 */
export const programFile = (architecture: Architecture, program: Program): Buffer => {
  const { machine, hex } = CODE_OF[architecture];
  const eats =
    program.behaviour.kind === 'eats'
      ? EATING[architecture](program.behaviour.mebibytes * MEBIBYTE)
      : Buffer.alloc(0);
  const code = Buffer.concat([eats, Buffer.from(hex.replaceAll('\n', ''), 'hex')]);
  const exits = program.behaviour.kind === 'exits' ? program.behaviour : null;
  const greeting = Buffer.from('sample: up and waiting\n');
  const lastWords = Buffer.from(`sample: giving up with exit code ${exits?.code ?? 0}\n`);
  const greetingAt = CODE + code.length;
  const lastWordsAt = greetingAt + greeting.length;
  const size = lastWordsAt + lastWords.length;

  const table = u64s(
    SIGINT_AND_SIGTERM,
    exits === null ? 0 : LOAD_ADDRESS + TABLE + 16,
    Math.trunc((exits?.afterMs ?? 0) / 1000),
    ((exits?.afterMs ?? 0) % 1000) * 1_000_000,
    LOAD_ADDRESS + greetingAt,
    greeting.length,
    LOAD_ADDRESS + lastWordsAt,
    lastWords.length,
    exits?.code ?? 0,
    program.healthExitCode,
    program.stopExitCode,
  );

  const header = Buffer.alloc(TABLE);
  header.write('\x7fELF', 'latin1');
  header.set([2, 1, 1], 4);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  u64s(LOAD_ADDRESS + CODE, FILE_HEADER).copy(header, 24);
  header.writeUInt16LE(FILE_HEADER, 52);
  header.writeUInt16LE(PROGRAM_HEADER, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt32LE(1, FILE_HEADER);
  header.writeUInt32LE(5, FILE_HEADER + 4);
  u64s(0, LOAD_ADDRESS, LOAD_ADDRESS, size, size, 0x1000).copy(header, FILE_HEADER + 8);
  return Buffer.concat([header, table, code, greeting, lastWords]);
};
