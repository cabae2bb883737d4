import { expect, test } from 'vitest';
import { createSecret } from '../core/secret.ts';
import { createLog, type LogOptions } from './create-log.ts';
import { formForPeople } from './form-for-people.ts';

const SECRET = 'hunter2/x "y+z"';

const logTo = (lines: string[], options: Partial<LogOptions> = {}) =>
  createLog({
    level: 'debug',
    secrets: [SECRET, 'hunter2'],
    destination: { write: (line) => lines.push(line) },
    ...options,
  });

const looped: Record<string, unknown> = {};
looped['self'] = looped;

const unfriendly: readonly (readonly [string, Record<string, unknown>])[] = [
  ['as it is', { a: `x ${SECRET} y` }],
  ['as an address has it', { url: `http://h/hooks/${encodeURIComponent(SECRET)}` }],
  ['as JSON has it', { body: JSON.stringify({ secret: SECRET }) }],
  ['as Base64 has it', { header: Buffer.from(SECRET).toString('base64') }],
  ['in a key', { [SECRET]: 1 }],
  ['deep inside', { a: { b: [{ c: SECRET }] } }],
  ['in an error and its cause', { error: new Error(SECRET, { cause: new Error(SECRET) }) }],
  ['in the data of an error', { error: Object.assign(new Error('x'), { url: SECRET }) }],
  ['in a map', { map: new Map([[SECRET, SECRET]]) }],
  ['at the end of a long text', { text: `${'x'.repeat(8_186)}${SECRET}` }],
  ['under a telling key', { authorization: 'Basic aHVudGVyMg', 'X-Registry-Auth': 'eyJ1' }],
  ['as the type it has', { secret: createSecret(SECRET) }],
];

for (const pretty of [false, true]) {
  test.each(unfriendly)(`pretty ${pretty}: a secret is not written %s`, (_, fields) => {
    const lines: string[] = [];
    const log = logTo(lines, { form: pretty ? formForPeople(false) : undefined });
    log.error(`told ${SECRET}`, fields);
    log.child(fields).info('x');
    const written = lines.join('');
    expect(written).toContain('[redacted]');
    expect(written).not.toMatch(/hunter|aHVudG|eyJ1|y\+z/);
  });

  test(`pretty ${pretty}: a value forges no line and commands no terminal`, () => {
    const lines: string[] = [];
    const evil = 'a\n{"level":"error"}\r\u001b[2J\u009b\u2028\u202e';
    logTo(lines, { form: pretty ? formForPeople(false) : undefined }).info(evil, {
      evil,
      [evil]: 1,
      error: new Error(evil),
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
  });
}

test('a line is JSON with level, time, what the log is about, and the message', () => {
  const lines: string[] = [];
  logTo(lines)
    .child({ delivery: 'd1' })
    .child({ cluster: 'qa', pushes: 1 })
    .info('hook received', { pushes: 2 });
  // Parsers differ on a key that appears twice.
  expect(lines[0]?.match(/"pushes"/g)).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    delivery: 'd1',
    cluster: 'qa',
    pushes: 2,
    msg: 'hook received',
  });
});

test('an error says its type, message, data and causes; its stack only where it was unforeseen', () => {
  const lines: string[] = [];
  const log = logTo(lines);
  const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), {
    code: 'E1',
  });
  log.warn('a', { error });
  log.error('b', { error });
  const [warned, failed] = lines.map((line) => JSON.parse(line).error);
  expect(warned).toEqual({
    type: 'TypeError',
    message: 'outer',
    code: 'E1',
    cause: { type: 'Error', message: 'inner' },
  });
  expect(failed.stack).toContain('create-log.test.ts');
});

test.each([
  ['a value that holds itself', { looped }],
  ['a huge list', { list: Array.from({ length: 100_000 }, () => 'x') }],
  ['a huge text', { text: 'x'.repeat(10_000_000) }],
  ['bytes', { bytes: Buffer.alloc(1_000_000) }],
  ['what JSON cannot say', { big: 1n, nothing: undefined, call: () => 1 }],
])('%s gives a short line', (_, fields) => {
  const lines: string[] = [];
  logTo(lines).info('x', fields);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.length).toBeLessThan(20_000);
});

test('what is below the level is not written', () => {
  const lines: string[] = [];
  const log = logTo(lines, { level: 'warn' });
  log.debug('a');
  log.info('b');
  log.warn('c');
  expect(lines).toHaveLength(1);
});

test('people see the time, the level, the message and its data on one line', () => {
  const lines: string[] = [];
  logTo(lines, { form: formForPeople(false) }).info('hook received', { delivery: 'd1' });
  expect(lines[0]).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: hook received \{"delivery":"d1"\}\n$/);
});
