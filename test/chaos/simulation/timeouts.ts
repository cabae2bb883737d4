import type { Clock } from '../../../src/work/loop/clock.ts';

/**
 * Makes every `AbortSignal.timeout` in this process use this clock, so that no deadline depends on the speed of the
 * machine. Returns a function that undoes it.
 */
export const timeOutBy = ({ wait }: Clock): (() => void) => {
  const before = AbortSignal.timeout.bind(AbortSignal);
  const never = new AbortController().signal;
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    const expire = (): void => controller.abort(new DOMException('time is up', 'TimeoutError'));
    void wait(ms, never).then(expire);
    return controller.signal;
  };
  return () => {
    AbortSignal.timeout = before;
  };
};
