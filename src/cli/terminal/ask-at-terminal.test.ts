import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { askAtTerminal, askSecretAtTerminal } from './ask-at-terminal.ts';
import { CliFailure } from './exit-status.ts';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

/** Asks a question to which a person types this. Returns the result and what the person sees. */
const type = async (ask: typeof askAtTerminal, typed: string) => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  const answer = ask({ input, output })?.('Sure? ', new AbortController().signal);
  await nextTurn();
  input.write(typed);
  const came = await answer?.catch((error: unknown) => error);
  return { came, shown: String(output.read()) };
};

test.each([
  ['a question', askAtTerminal, /Sure\? .*yes/],
  ['a question for a secret', askSecretAtTerminal, /^Sure\? \n$/],
])('%s is answered by a line', async (_, ask, screen) => {
  const { came, shown } = await type(ask, 'yes\r');
  expect(came).toBe('yes');
  expect(shown).toMatch(screen);
});

test.each([
  ['Ctrl-C', CTRL_C, askAtTerminal],
  ['Ctrl-D', CTRL_D, askAtTerminal],
  ['Ctrl-C at a secret', CTRL_C, askSecretAtTerminal],
  ['Ctrl-D at a secret', CTRL_D, askSecretAtTerminal],
])('%s stops, in one word', async (_, key, ask) => {
  const { came } = await type(ask, key);
  expect(came).toEqual(new CliFailure('stopped'));
});

test('where no terminal is there is nobody to ask', () => {
  const streams = { input: new PassThrough(), output: new PassThrough() };
  expect(askAtTerminal(streams)).toBeUndefined();
  expect(askSecretAtTerminal(streams)).toBeUndefined();
});
