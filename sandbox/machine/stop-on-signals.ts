const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `stop` when a signal asks this process to end, and then lets the signal end it. If there are other listeners for
 * the signal, they decide instead. `cleanUp` runs if the process ends without a signal. Returns a function that removes
 * both.
 */
export const stopOnSignals = (stop: () => Promise<void>, cleanUp: () => void): (() => void) => {
  const forget = () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('exit', cleanUp);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    void stop().finally(() => {
      forget();
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('exit', cleanUp);
  return forget;
};
