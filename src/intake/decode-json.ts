import { isUtf8 } from 'node:buffer';

/** Of both alphabets; Node itself skips whatever else stands there. */
const BASE64 = /^[\w+/-]*={0,2}$/;

/** The value of JSON in UTF-8 in Base64, or undefined where it breaks anywhere. */
export const decodeJson = (base64: string): unknown => {
  if (!BASE64.test(base64)) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
};
