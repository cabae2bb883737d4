const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `stop` when this process is asked to end, and then lets it end by that signal, unless others
 * listen to the signal as well: then they decide. `cleanUp` runs where the process ends without that.
 * Gives a function that forgets both.
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
