/** Names of fields whose text grants access somewhere. `callback_url` is Docker Hub's and contains a token. */
const SECRET_FIELD = /token|secret|passw|authorization|api_?key|credential|callback_url/i;
const REDACTED = '[redacted]';

/** Changes the value in place: it consists of parsed JSON that was already read. */
const redactFields = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    const field = fields[name];
    if (typeof field === 'object') redactFields(field);
    else if (SECRET_FIELD.test(name) && field !== '') fields[name] = REDACTED;
  }
};

/**
 * Removes from a body, given as text and as parsed value, every field that sounds like a secret and every configured
 * secret, in all its spellings. Do not use the given value afterwards.
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
    fromBody: (text, value) => {
      if (!SECRET_FIELD.test(text)) return fromText(text);
      redactFields(value);
      return fromText(JSON.stringify(value));
    },
  };
};
