import { once } from 'node:events';
import { createServer } from 'node:net';

type Address = { readonly host: string; readonly port: number };

/** The helper cannot listen on its address. The message says, for the person who starts it, why and what to do. */
export class AddressInUse extends Error {
  override readonly name = 'AddressInUse';
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another process already listens there; stop it, or choose another address with CD_HELPER_LISTEN',
  EACCES: 'this user may not listen on that port; choose one above 1023 with CD_HELPER_LISTEN',
  EADDRNOTAVAIL: 'this machine has no such address; choose another with CD_HELPER_LISTEN',
};

/** Throws a listen error again, in plain words if a person can fix it. */
export const asAddressInUse = (error: unknown): never => {
  const failure: NodeJS.ErrnoException | null = error instanceof Error ? error : null;
  const reason = REASONS[failure?.code ?? ''];
  if (failure === null || reason === undefined) throw error;
  const { address = '', port = '' } = failure as { address?: string; port?: number };
  throw new AddressInUse(
    `cannot listen on ${address.includes(':') ? `[${address}]` : address}:${port}: ${reason}`,
    { cause: error },
  );
};

/** Tries to listen on the address, before the helper creates or opens anything. */
export const requireFreeAddress = async ({ host, port }: Address): Promise<void> => {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    asAddressInUse(error);
  } finally {
    server.close();
  }
};
