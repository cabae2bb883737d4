import { readFileSync } from 'node:fs';

/**
 * Preloaded into a helper. Makes its clock differ from the machine's: `TEST_CLOCK_SKEW_MS` is how far it is ahead, and
 * each SIGUSR2 sets it forward by `TEST_CLOCK_JUMP_MS`. If `TEST_CLOCK_FILE` names a file, that file says how far it is
 * ahead. It is read at the start and at each SIGUSR2.
 */
const file = process.env['TEST_CLOCK_FILE'];
const jumpMs = Number(process.env['TEST_CLOCK_JUMP_MS'] ?? 0);
const read = (): number => Number(file === undefined ? 0 : readFileSync(file, 'utf8'));
let aheadMs = file === undefined ? Number(process.env['TEST_CLOCK_SKEW_MS'] ?? 0) : read();
const { now } = Date;
Date.now = () => now() + aheadMs;
process.on('SIGUSR2', () => {
  aheadMs = file === undefined ? aheadMs + jumpMs : read();
});
