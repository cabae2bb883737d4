import { X509Certificate } from 'node:crypto';
import { causeOfCode } from '../../../core/connection-cause.ts';
import type { ClusterTls } from './cluster-address.ts';
import { cleanLine } from './engine-logs.ts';
import { type ExchangeFailure, isTurnedAway } from './exchange-failure.ts';

/** Why a configured certificate is not valid now; null if it is valid or cannot be read. */
const timeProblem = (cert: string, now: number): string | null => {
  let read: X509Certificate;
  try {
    read = new X509Certificate(cert);
  } catch {
    return null;
  }
  const { validFromDate, validToDate } = read;
  if (now > validToDate.getTime()) {
    return `the client certificate expired on ${validToDate.toISOString()}: issue a new one`;
  }
  return now < validFromDate.getTime()
    ? `the client certificate is valid only from ${validFromDate.toISOString()}: correct the clock here, or issue a new one`
    : null;
};

/**
 * Why TLS with an engine failed and what to do, in one line for a person.
 *
 * @param own the cluster's TLS configuration
 * @param now ms since the epoch
 */
export const tlsProblem = (failure: ExchangeFailure, own: ClusterTls, now: number): string => {
  const { code } = failure;
  const reason = tlsReason(failure.message);
  if (isTurnedAway(failure)) {
    if (own.cert === undefined) {
      return `it requires a client certificate (${reason}): set cert and key of the cluster`;
    }
    return (
      timeProblem(own.cert, now) ??
      `it does not accept the client certificate (${reason}): have cert issued by the authority that the engine was given as --tlscacert, for client authentication`
    );
  }
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') {
    return 'cert and key of the cluster do not belong together: give the key that the certificate was issued for';
  }
  if (code.startsWith('ERR_OSSL')) {
    return `ca, cert or key of the cluster cannot be used (${reason}): use complete PEM files, and a key without a password`;
  }
  const cause = causeOfCode(code);
  if (cause === 'expired') {
    return `the engine's certificate is not valid now (${reason}): issue a new one, or correct the clock here`;
  }
  if (cause === 'other-name') {
    return `the engine's certificate is for other names (${reason}): issue it for this one, or use one that it has in the url`;
  }
  if (cause === 'untrusted') {
    return own.ca === undefined
      ? `the engine's certificate is signed by an unknown authority (${reason}): set ca of the cluster`
      : `the engine's certificate is not signed by ca of the cluster (${reason}): use the authority that signed it`;
  }
  if (/wrong version number|packet length too long/.test(reason)) {
    return `the port does not use TLS (${reason}): correct the port, or leave out ca, cert and key of the cluster`;
  }
  return `${reason}: check ca, cert and key of the cluster, the name in the engine's certificate, and that the engine speaks TLS there`;
};

/** The reason in an OpenSSL error, without the file names and numbers around it. */
const tlsReason = (message: string): string =>
  cleanLine(/SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? message);
