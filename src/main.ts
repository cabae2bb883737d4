#!/usr/bin/env node
import { askAtTerminal } from './cli/ask-at-terminal.ts';
import { runCommandLine } from './cli/program.ts';
import { fileMode } from './config/file-mode.ts';
import { ownBuild } from './config/own-build.ts';
import { processEnvironment } from './config/process-environment.ts';
import { readTextFile } from './config/read-text-file.ts';
import { SENDERS } from './intake/senders.ts';
import { configChecks } from './wiring/config-checks.ts';
import { explain } from './wiring/explain.ts';
import { inspectEngine } from './wiring/inspect-engine.ts';
import { startServing } from './wiring/serve.ts';
import { systemClock } from './work/system-clock.ts';

const stopped = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => stopped.abort(new Error(`told to stop by ${signal}`)));
}

// A reader that has seen enough, as in `cd-helper status | head`, is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const ask = askAtTerminal({ input: process.stdin, output: process.stderr });

process.exitCode = await runCommandLine(process.argv.slice(2), {
  version: ownBuild().version,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopped.signal,
  now: systemClock.now,
  sources: {
    env: processEnvironment(),
    readFile: readTextFile,
    modeOf: fileMode,
    senders: SENDERS.map(({ name }) => name),
  },
  serve: startServing,
  checks: configChecks,
  inspectEngine,
  explain,
  ...(ask === undefined ? {} : { ask }),
});
