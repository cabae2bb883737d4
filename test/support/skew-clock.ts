/**
 * Preloaded into a helper, makes its clock differ from the machine's: `TEST_CLOCK_SKEW_MS` is how far it is
 * ahead, and each SIGUSR2 sets it by `TEST_CLOCK_JUMP_MS` further.
 */
const jumpMs = Number(process.env['TEST_CLOCK_JUMP_MS'] ?? 0);
let aheadMs = Number(process.env['TEST_CLOCK_SKEW_MS'] ?? 0);
const { now } = Date;
Date.now = () => now() + aheadMs;
process.on('SIGUSR2', () => {
  aheadMs += jumpMs;
});
