import { computed, signal } from '@preact/signals';
import { type Address, parseAddress, printAddress } from './address.ts';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const currentAddress = computed<Address>(() => parseAddress(hash.value));

/** Changes filters without a new history entry: nobody wants to go back through a search letter by letter. */
export const setFilters = (changed: Readonly<Record<string, string | null>>): void => {
  const { path, filters } = currentAddress.value;
  const next = printAddress(path, { ...filters, ...changed });
  history.replaceState(null, '', next);
  hash.value = next;
};

export const goTo = (path: readonly string[], filters?: Readonly<Record<string, string>>): void => {
  location.hash = printAddress(path, filters);
};
