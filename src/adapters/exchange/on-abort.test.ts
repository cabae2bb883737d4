import { expect, it } from 'vitest';
import { onAbort } from './on-abort.ts';

/** A signal that logs when a listener is added or removed. */
const heard = () => {
  const log: string[] = [];
  class Heard extends EventTarget {
    override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
      log.push('on');
      super.addEventListener(...args);
    }
    override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
      log.push('off');
      super.removeEventListener(...args);
    }
  }
  const signal = new Heard();
  return {
    signal: signal as AbortSignal,
    abort: () => signal.dispatchEvent(new Event('abort')),
    log,
  };
};

it('calls all who listen, and nobody who has ceased to', () => {
  const { abort, signal } = heard();
  const called: string[] = [];
  const call = (): void => void called.push('twice');
  onAbort(signal, call);
  onAbort(signal, call);
  const cease = onAbort(signal, () => called.push('never'));
  cease();
  cease();
  abort();
  expect(called).toEqual(['twice', 'twice']);
});

it('does not call who ceases to listen while others are called', () => {
  const { abort, signal } = heard();
  const called: string[] = [];
  onAbort(signal, () => cease());
  const cease = onAbort(signal, () => called.push('never'));
  abort();
  expect(called).toEqual([]);
});

it('listens once for all, and no longer than any of them', () => {
  const { abort, signal, log } = heard();
  const [one, two] = [onAbort(signal, () => {}), onAbort(signal, () => {})];
  one();
  expect(log).toEqual(['on']);
  two();
  expect(log).toEqual(['on', 'off']);
  let called = 0;
  onAbort(signal, () => {
    called += 1;
  });
  abort();
  expect([log, called]).toEqual([['on', 'off', 'on'], 1]);
});
