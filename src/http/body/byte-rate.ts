/** Whether this number of bytes is allowed now. Allowed bytes are counted. */
export type ByteRate = (bytes: number) => boolean;

/** Allows `perSecond` bytes per second, and as many at once after a quiet second. */
export const createByteRate = (perSecond: number, now: () => number): ByteRate => {
  let left = perSecond;
  let at = now();
  return (bytes) => {
    const seconds = Math.max(now() - at, 0) / 1000;
    at = now();
    left = Math.min(left + seconds * perSecond, perSecond);
    if (bytes > left) return false;
    left -= bytes;
    return true;
  };
};
