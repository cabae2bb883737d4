/**
 * Preloaded into a helper, makes its clock differ from the machine's: `TEST_CLOCK_SKEW_MS` is how far it is
 * ahead.
 */
const aheadMs = Number(process.env['TEST_CLOCK_SKEW_MS']);
const { now } = Date;
Date.now = () => now() + aheadMs;
