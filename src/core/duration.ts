const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Parses a duration as people write it (`90s`, `5m`, `1h30m`, `2d`) into ms, or null if it is invalid. A bare number is
 * refused, because its unit is unknown.
 */
export const parseDuration = (text: string): number | null => {
  if (!/^(?:\d+(?:ms|s|m|h|d))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN);
  }
  return Number.isSafeInteger(total) && total > 0 ? total : null;
};

/** Formats a duration in ms as `parseDuration` reads it: `3d`, `1h30m`. */
export const durationText = (ms: number): string => {
  let rest = Math.max(0, Math.round(ms));
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = UNITS[unit] ?? 1;
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text === '' ? '0s' : text;
};
