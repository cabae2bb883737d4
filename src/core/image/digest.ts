declare const digestBrand: unique symbol;

/** A content digest, `sha256:` and 64 lower-case hex digits (or sha384, sha512 with theirs). */
export type Digest = string & { readonly [digestBrand]: true };

const HEX_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * Parses a digest, or returns null if `text` is not one. Accepts the algorithms that
 * {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests OCI registers} and registries
 * verify. Hex digits must be lower-case, as required there.
 */
export const parseDigest = (text: string): Digest | null => {
  const colon = text.indexOf(':');
  const length = HEX_LENGTH[text.slice(0, Math.max(colon, 0))];
  const hex = text.slice(colon + 1);
  return length !== undefined && hex.length === length && /^[0-9a-f]+$/.test(hex)
    ? (text as Digest)
    : null;
};

/** The first twelve hex digits, for people. Never compare them. */
export const shortDigest = (digest: string): string =>
  digest.slice(digest.indexOf(':') + 1).slice(0, 12);
