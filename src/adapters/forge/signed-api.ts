import type { Credentials } from './credentials.ts';
import type { ApiAnswer, ApiCall, ForgeApi } from './forge-api.ts';

export type SignedCall = Omit<ApiCall, 'headers'> & { readonly repository: string };

/** Sends calls with the helper's credentials. After a refused sign-in, it signs in again once. */
export const signedApi =
  (api: ForgeApi, credentials: Credentials, fixed: Readonly<Record<string, string>> = {}) =>
  async ({ repository, ...call }: SignedCall, signal: AbortSignal): Promise<ApiAnswer> => {
    const send = async (): Promise<ApiAnswer> => {
      const headers = { ...fixed, ...(await credentials.headersFor(repository, signal)) };
      return api.call({ ...call, headers }, signal);
    };
    const answer = await send();
    if (answer.status !== 401) return answer;
    credentials.forget(repository);
    return send();
  };

export type CallApi = ReturnType<typeof signedApi>;
