/** Fields whose text lets somebody in somewhere; `callback_url` is Docker Hub's, with a token in it. */
const SECRET_FIELD = /token|secret|passw|authorization|api_?key|credential|callback_url/i;
const REDACTED = '[redacted]';

const replacer = (name: string, value: unknown): unknown =>
  (typeof value === 'string' || typeof value === 'number') && SECRET_FIELD.test(name)
    ? REDACTED
    : value;

/**
 * Takes out of a body, given as text and as the value that it is, every field that sounds like a
 * secret and every configured secret wherever it stands, in all its spellings.
 */
export const createSecretRemover = (
  secrets: readonly string[],
): {
  readonly fromBody: (text: string, value: unknown) => string;
  readonly fromText: (text: string) => string;
} => {
  const spellings = [
    ...new Set(
      secrets
        .filter((secret) => secret !== '')
        .flatMap((secret) => [
          secret,
          encodeURIComponent(secret.toWellFormed()),
          JSON.stringify(secret).slice(1, -1),
        ]),
    ),
  ].toSorted((one, other) => other.length - one.length);
  const fromText = (text: string): string => {
    let clean = text;
    for (const spelling of spellings) {
      if (clean.includes(spelling)) clean = clean.replaceAll(spelling, REDACTED);
    }
    return clean;
  };
  return {
    fromText,
    fromBody: (text, value) =>
      fromText(SECRET_FIELD.test(text) ? JSON.stringify(value, replacer) : text),
  };
};
