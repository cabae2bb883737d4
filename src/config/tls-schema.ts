import { createSecret } from '../core/secret.ts';
import type { TlsConfig } from './config.ts';
import { mapping, pem } from './fields.ts';

/** `tls` of clusters and registries: an authority of one's own, a client certificate, or both. */
export const tls = mapping({
  ca: pem('the certificate authority').optional(),
  cert: pem('the client certificate').optional(),
  key: pem('the key of the client certificate').transform(createSecret).optional(),
})
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
