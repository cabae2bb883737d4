import { expect, test } from 'vitest';
import { startDeadline } from '../../exchange/deadline.ts';
import { createTrials, type Trial } from './trials.ts';

const bench = () => {
  let time = 0;
  const trials = createTrials<string>(() => time);
  const open: { secret: string; end: PromiseWithResolvers<Trial<string>> }[] = [];
  const send = (secret = 'one', ms = 5_000): Promise<string> =>
    trials('host', secret, startDeadline(new AbortController().signal, ms), () => {
      const end = Promise.withResolvers<Trial<string>>();
      open.push({ secret, end });
      return end.promise;
    }).then(({ answer }) => answer);
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    send,
    sent: async () => (await settled(), open.map(({ secret }) => secret)),
    answer: (index: number, credentials: Trial<string>['credentials']) =>
      open[index]?.end.resolve({ answer: `${credentials} ${index}`, credentials }),
    fail: (index: number) => open[index]?.end.reject(new Error('reset')),
    pass: (ms: number) => {
      time += ms;
    },
  };
};

test('one tries and the others wait; once they are accepted, all are sent', async () => {
  const { send, sent, answer } = bench();
  const all = [send(), send(), send()];
  expect(await sent()).toEqual(['one']);
  answer(0, 'accepted');
  expect(await sent()).toEqual(['one', 'one', 'one']);
  answer(1, 'accepted');
  answer(2, 'accepted');
  expect(await Promise.all(all)).toEqual(['accepted 0', 'accepted 1', 'accepted 2']);
});

test('a refusal answers all who wait, and all for a minute', async () => {
  const { send, sent, answer, pass } = bench();
  const all = [send(), send(), send()];
  answer(0, 'refused');
  expect(await Promise.all(all)).toEqual(['refused 0', 'refused 0', 'refused 0']);
  pass(59_999);
  expect(await send()).toBe('refused 0');
  expect(await sent()).toEqual(['one']);
  pass(1);
  void send();
  expect(await sent()).toEqual(['one', 'one']);
});

test('other credentials are tried beside', async () => {
  const { send, sent, answer } = bench();
  const refused = send('one');
  void send('two');
  expect(await sent()).toEqual(['one', 'two']);
  answer(0, 'refused');
  expect(await refused).toBe('refused 0');
});

test('where nothing was learnt the next one tries', async () => {
  const { send, sent, answer, fail } = bench();
  const all = [send(), send(), send()];
  const results = Promise.allSettled(all);
  expect(await sent()).toEqual(['one']);
  fail(0);
  expect(await sent()).toEqual(['one', 'one']);
  answer(1, 'unknown');
  expect(await sent()).toEqual(['one', 'one', 'one']);
  answer(2, 'accepted');
  expect((await results).map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
});

test('nobody waits longer than there is time', async () => {
  const { send } = bench();
  void send();
  await expect(send('one', 5)).rejects.toThrow('signing in at host took too long');
});

test('what was accepted a while ago is tried by one again', async () => {
  const { send, sent, answer, pass } = bench();
  const first = send();
  answer(0, 'accepted');
  await first;
  pass(60_000);
  void send();
  void send();
  expect(await sent()).toEqual(['one', 'one']);
});
