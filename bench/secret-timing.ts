import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from '../src/http/server.ts';
import { createSecretMatcher } from '../src/http/sign-in/match-secret.ts';
import { sameText } from '../src/intake/signature.ts';
import { createMemoryPorts, HOOK_SECRET } from '../test/support/work/memory-ports.ts';
import type { Benchmark, BenchmarkTools } from './benchmark.ts';
import { type Measured, figure } from './report.ts';
import { quantile } from './support/quantile.ts';

/**
 * Whether the time of a refusal shows how much of a secret was right. It tries two kinds of wrong secrets in random
 * order: one without a right character, and one with all but the last. Welch's t shows whether their times differ
 * ({@link https://eprint.iacr.org/2016/1123 dudect}). The same method measures a comparison that stops at the first
 * difference. If it does not detect that leak, the result proves nothing.
 */
const LEAK = 4.5;
/** The machine causes the slowest samples, not the comparison. */
const KEPT = 0.9;
const CALLS = 60_000;
/** Calls per sample. With fewer, the sample would measure only the clock. */
const CALLS_A_SAMPLE = 20;
const REQUESTS = 8_000;

const SECRET = `${HOOK_SECRET}-${'0123456789abcdef'.repeat(4)}`;
const NEAR = `${SECRET.slice(0, -1)}X`;
const FAR = SECRET.replaceAll(/./g, '~');

type Times = { readonly near: number[]; readonly far: number[] };

const cropped = ({ near, far }: Times): Times => {
  const most = quantile([...near, ...far], KEPT);
  return { near: near.filter((ms) => ms <= most), far: far.filter((ms) => ms <= most) };
};

const moments = (values: readonly number[]): { mean: number; variance: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - 1) };
};

/** Welch's t of two samples of times: how certain it is that their means differ. */
const welch = (times: Times): number => {
  const { near, far } = cropped(times);
  const [one, other] = [moments(near), moments(far)];
  return Math.abs(
    (one.mean - other.mean) / Math.sqrt(one.variance / near.length + other.variance / far.length),
  );
};

const naive = (shown: string): boolean => {
  if (shown.length !== SECRET.length) return false;
  for (let at = 0; at < SECRET.length; at += 1) if (shown[at] !== SECRET[at]) return false;
  return true;
};

const timeCalls = (compare: (shown: string) => unknown, one = NEAR): Times => {
  const times: Times = { near: [], far: [] };
  for (let sample = 0; sample < CALLS; sample += 1) {
    const isNear = Math.random() < 0.5;
    const shown = isNear ? one : FAR;
    const began = performance.now();
    for (let call = 0; call < CALLS_A_SAMPLE; call += 1) compare(shown);
    (isNear ? times.near : times.far).push(performance.now() - began);
  }
  return times;
};

/** Refusals over one connection, each as if from another address, so that none is delayed. */
const timeRequests = async ({ signal }: BenchmarkTools): Promise<Times> => {
  const { deps } = createMemoryPorts({ trustedProxies: ['127.0.0.1'] });
  const value = { reveal: () => SECRET };
  const server = await createServer({
    ...deps,
    hookSecrets: deps.hookSecrets.map((secret) => ({ ...secret, value })),
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const times: Times = { near: [], far: [] };
  try {
    for (let sample = 0; sample < REQUESTS; sample += 1) {
      signal.throwIfAborted();
      const isNear = Math.random() < 0.5;
      const from = [10, sample >> 16, (sample >> 8) & 255, sample & 255].join('.');
      const text = `POST /hooks/${isNear ? NEAR : FAR} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${from}\r\nContent-Length: 0\r\n\r\n`;
      const began = performance.now();
      socket.write(text);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      const took = performance.now() - began;
      if (!answer.toString('latin1').startsWith('HTTP/1.1 401 ')) throw new Error('no 401');
      (isNear ? times.near : times.far).push(took);
    }
  } finally {
    socket.destroy();
    await server.close();
  }
  return times;
};

/** Measures up to three times: a leak shows each time, noise from a busy machine does not. */
const smallest = async (measure: () => Times | Promise<Times>): Promise<number> => {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3 && least > LEAK; attempt += 1) {
    least = Math.min(least, welch(await measure()));
  }
  return least;
};

export const secretTiming: Benchmark = {
  name: 'secret-timing',
  about: 'whether the time of a refusal tells how much of a secret was right',
  run: async (tools) => {
    const match = createSecretMatcher([{ value: { reveal: () => SECRET } }]);
    const control = welch(timeCalls(naive));
    if (control <= LEAK) throw new Error(`a comparison that leaks was not found out: ${control}`);
    const figures: Measured[] = [];
    const measure = async (what: string, how: () => Times | Promise<Times>): Promise<void> => {
      tools.tell(what);
      const t = await smallest(how);
      if (t > LEAK) throw new Error(`${what} leaks: t is ${t.toFixed(1)}`);
      figures.push({ what: `${what}: Welch's t`, unit: '', helper: t });
    };
    await measure('a secret in the path', () => timeCalls(match));
    await measure('the right secret against a wrong one', () => timeCalls(match, SECRET));
    await measure('a token of a sender', () => timeCalls((shown) => sameText(shown, SECRET)));
    await measure('a refusal over HTTP', () => timeRequests(tools));
    return {
      benchmark: 'secret-timing',
      figures: figures.map(figure),
      facts: { 'a leak from': LEAK, 't of a comparison that stops early': control },
    };
  },
};
