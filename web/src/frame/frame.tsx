import type { ComponentChildren } from 'preact';
import { currentAddress } from '../address/current-address.ts';
import type { IconName } from '../parts/icon.tsx';
import { Icon } from '../parts/icon.tsx';
import { Account } from './account.tsx';
import { ConnectionNote, ConnectionSign } from './connection-note.tsx';
import { ExpiryNote } from './expiry-note.tsx';
import { StoreNote } from './store-note.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { WaitingCount } from './waiting-count.tsx';

const PLACES: readonly { readonly path: string; readonly name: string; readonly icon: IconName }[] =
  [
    { path: 'overview', name: 'Overview', icon: 'lanes' },
    { path: 'services', name: 'Services', icon: 'rows' },
    { path: 'waiting', name: 'Waiting', icon: 'clock' },
    { path: 'deployments', name: 'Deployments', icon: 'list' },
    { path: 'smart-redeploy', name: 'SmartRedeploy', icon: 'rocket' },
    { path: 'hooks', name: 'Hooks', icon: 'hook' },
    { path: 'health', name: 'Health', icon: 'health' },
  ];

/** The frame around every page. */
export const Frame = ({ children }: { readonly children: ComponentChildren }) => {
  const [here = 'overview'] = currentAddress.value.path;
  const skip = (): void => document.querySelector<HTMLElement>('#main')?.focus();
  return (
    <>
      {/* A link would change the dashboard's address. */}
      <button type="button" class="skip" onClick={skip}>
        Skip to content
      </button>
      <header class="top">
        <a class="brand" href="#/" aria-label="cd-helper, overview">
          cd-helper
        </a>
        <nav aria-label="Main">
          {PLACES.map(({ path, name, icon }) => (
            <a key={path} href={`#/${path}`} {...(here === path ? { 'aria-current': 'page' } : {})}>
              <Icon name={icon} />
              <span>{name}</span>
              {path === 'waiting' && <WaitingCount />}
            </a>
          ))}
        </nav>
        <div class="tools">
          <ConnectionSign />
          <ThemeSwitch />
          <Account />
        </div>
      </header>
      <ConnectionNote />
      <StoreNote />
      <ExpiryNote />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
};
