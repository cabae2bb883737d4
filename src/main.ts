#!/usr/bin/env node
import { askAtTerminal, askSecretAtTerminal } from './cli/terminal/ask-at-terminal.ts';
import { runCommandLine } from './cli/program.ts';
import { readInput } from './cli/terminal/read-input.ts';
import { fileMode } from './config/files/file-mode.ts';
import { ownBuild } from './config/files/own-build.ts';
import { removeFile, writePrivateFile } from './config/files/private-file.ts';
import { processEnvironment } from './config/source/process-environment.ts';
import { readTextFile } from './config/files/read-text-file.ts';
import { saveNewFile } from './files/save-new-file.ts';
import { SENDERS } from './intake/senders.ts';
import { explain } from './wiring/explain.ts';
import { systemClock } from './work/loop/system-clock.ts';

const stopped = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => stopped.abort(new Error(`stopped by ${signal}`)));
}

// A reader that stops early, as in `cd-helper status | head`, is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
// The same for messages, but the command continues, and its exit status shows the result.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const streams = { input: process.stdin, output: process.stderr };
const ask = askAtTerminal(streams);
const askSecret = askSecretAtTerminal(streams);

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
  // The server's modules take most of a command's start time, so load them only here.
  serve: async (config, signal) => (await import('./wiring/serve.ts')).startServing(config, signal),
  checks: async (config, push) =>
    (await import('./wiring/config-checks.ts')).configChecks(config, push),
  inspectEngine: async (...asked) =>
    (await import('./wiring/inspect-engine.ts')).inspectEngine(...asked),
  explain,
  readInput: (signal) => readInput(process.stdin, signal),
  writePrivateFile,
  removeFile,
  saveNewFile,
  stores: {
    restore: async (...asked) => (await import('./wiring/store-tools.ts')).restore(...asked),
    copy: async (...asked) => (await import('./wiring/store-tools.ts')).copy(...asked),
  },
  ...(ask === undefined ? {} : { ask }),
  ...(askSecret === undefined ? {} : { askSecret }),
});
