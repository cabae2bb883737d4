import { isUtf8 } from 'node:buffer';

/** Accepts both alphabets. Node itself would skip any other characters. */
const BASE64 = /^[\w+/-]*={0,2}$/;

/** Decodes JSON in UTF-8 in Base64, or returns undefined if any step fails. */
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
