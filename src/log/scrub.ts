const REDACTED = '[redacted]';

/** Shorter secrets occur in too many harmless words. Only their type and key protect them. */
const SHORTEST_SCRUBBED = 4;

/** The forms of a text inside other texts: unchanged, in a URL, in JSON, in Base64. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret.toWellFormed()),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
];

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

/** Returns a function that removes all `secrets` from a text, in each of these forms. */
export const createScrub = (secrets: readonly string[]): ((text: string) => string) => {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST_SCRUBBED)
    .flatMap(formsOf)
    // The longest first, so that a shorter secret within a longer one does not leave a part of it.
    .toSorted((a, b) => b.length - a.length);
  if (forms.length === 0) return (text) => text;
  const any = new RegExp([...new Set(forms)].map((form) => escaped(form)).join('|'), 'g');
  return (text) => text.replace(any, REDACTED);
};
