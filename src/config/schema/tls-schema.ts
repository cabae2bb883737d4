import { createSecret } from '../../core/secret.ts';
import type { RegistryTlsConfig, TlsConfig } from './config.ts';
import { flag, mapping, pem } from './fields.ts';

const certificates = {
  ca: pem('the certificate authority').optional(),
  cert: pem('the client certificate').optional(),
  key: pem('the key of the client certificate').transform(createSecret).optional(),
};

/** `tls` of registries, with the option to skip verification. */
export const registryTls = mapping({ ...certificates, skipVerify: flag().optional() })
  .refine((value) => (value.cert === undefined) === (value.key === undefined), {
    error: 'cert and key together, or neither',
  })
  .refine((value) => value.ca === undefined || value.skipVerify !== true, {
    error: 'a ca, or skipVerify, which takes any certificate',
  })
  .refine(
    (value) => value.ca !== undefined || value.cert !== undefined || value.skipVerify === true,
    { error: 'a ca, a cert with its key, or skipVerify' },
  )
  .transform(
    (value): RegistryTlsConfig => ({
      ca: value.ca ?? null,
      cert: value.cert ?? null,
      key: value.key ?? null,
      skipVerify: value.skipVerify ?? false,
    }),
  );

/** `tls` of clusters: a private certificate authority, a client certificate, or both. */
export const tls = mapping(certificates)
  .refine((value) => (value.cert === undefined) === (value.key === undefined), {
    error: 'cert and key together, or neither',
  })
  .refine((value) => value.ca !== undefined || value.cert !== undefined, {
    error: 'a ca, or a cert with its key',
  })
  .transform(
    (value): TlsConfig => ({
      ca: value.ca ?? null,
      cert: value.cert ?? null,
      key: value.key ?? null,
    }),
  );
