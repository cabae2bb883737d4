import { isDeeperThan } from '../../../core/json-depth.ts';

/** No registry nests deeper than 10. Deeper nesting only costs memory and stack. */
const DEEPEST = 64;

/** Parses JSON from a registry or its token server. Throws if it is invalid or nested too deep. */
export const parseAnswer = (bytes: Buffer): unknown => {
  const text = bytes.toString();
  if (isDeeperThan(DEEPEST, bytes, text)) throw new SyntaxError('nested too deep');
  return JSON.parse(text);
};
