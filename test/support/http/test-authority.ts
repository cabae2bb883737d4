import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export type IssuedCertificate = { readonly cert: string; readonly key: string };

export type TestAuthority = {
  /** The authority's own certificate as PEM. */
  readonly ca: string;
  /**
   * A certificate for a server with these IPv4 addresses and names, and for clients. It is valid for a day, or expired
   * a year ago.
   */
  readonly issue: (names: readonly string[], validity?: 'valid' | 'expired') => IssuedCertificate;
};

type Der = Buffer;

const der = (tag: number, ...parts: readonly Der[]): Der => {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length =
    size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};

const sequence = (...parts: readonly Der[]): Der => der(0x30, ...parts);
const objectId = (hex: string): Der => der(0x06, Buffer.from(hex, 'hex'));
const octets = (content: Der): Der => der(0x04, content);
const integer = (bytes: Der): Der => der(0x02, bytes);
const yes = der(0x01, Buffer.from([0xff]));

const COMMON_NAME = objectId('550403');
const ECDSA_WITH_SHA256 = sequence(objectId('2a8648ce3d040302'));
const BASIC_CONSTRAINTS = objectId('551d13');
const KEY_USAGE = objectId('551d0f');
const ALTERNATIVE_NAMES = objectId('551d11');
const DAY_MS = 24 * 60 * 60 * 1000;
const YEAR_MS = 365 * DAY_MS;

const nameOf = (text: string): Der =>
  sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));

const timeOf = (ms: number): Der =>
  der(0x18, Buffer.from(`${new Date(ms).toISOString().slice(0, 19).replaceAll(/\D/g, '')}Z`));

const alternativeName = (name: string): Der =>
  /^[\d.]+$/.test(name)
    ? der(0x87, Buffer.from(name.split('.').map(Number)))
    : der(0x82, Buffer.from(name));

const pem = (label: string, bytes: Der): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;

const makeCertificate = (wish: {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signer: KeyObject;
  extensions: readonly Der[];
  validity?: 'valid' | 'expired';
}): string => {
  const now = wish.validity === 'expired' ? Date.now() - YEAR_MS : Date.now();
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    nameOf(wish.issuer),
    sequence(timeOf(now - DAY_MS), timeOf(now + DAY_MS)),
    nameOf(wish.subject),
    wish.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...wish.extensions)),
  );
  const signature = sign('sha256', body, wish.signer);
  const unusedBits = Buffer.from([0]);
  return pem('CERTIFICATE', sequence(body, ECDSA_WITH_SHA256, der(0x03, unusedBits, signature)));
};

const keyPair = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** An authority for this process only, whose certificates are valid for a day. */
export const createTestAuthority = (): TestAuthority => {
  const own = keyPair();
  const issuer = 'authority of a test';
  const ca = makeCertificate({
    subject: issuer,
    issuer,
    publicKey: own.publicKey,
    signer: own.privateKey,
    extensions: [
      sequence(BASIC_CONSTRAINTS, yes, octets(sequence(yes))),
      sequence(KEY_USAGE, yes, octets(der(0x03, Buffer.from([1, 0x06])))),
    ],
  });
  return {
    ca,
    issue: (names, validity = 'valid') => {
      const { publicKey, privateKey } = keyPair();
      const alternatives = octets(sequence(...names.map(alternativeName)));
      const cert = makeCertificate({
        subject: names[0] ?? 'nobody',
        issuer,
        publicKey,
        signer: own.privateKey,
        extensions: [sequence(ALTERNATIVE_NAMES, alternatives)],
        validity,
      });
      return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    },
  };
};
