import { isDeeperThan } from '../../../core/json-depth.ts';

/** No registry nests deeper than 10; what is deeper costs memory and stack for nothing. */
const DEEPEST = 64;

/** The value of JSON that a registry or its token server sent. Throws where it is none, or nested too deep. */
export const parseAnswer = (bytes: Buffer): unknown => {
  const text = bytes.toString();
  if (isDeeperThan(DEEPEST, bytes, text)) throw new SyntaxError('nested too deep');
  return JSON.parse(text);
};
