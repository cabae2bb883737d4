import { describe, expect, it } from 'vitest';
import { ClusterAddressError, parseClusterAddress } from './cluster-address.ts';

const TLS = { ca: 'a', cert: 'b', key: 'c' };

describe('the address of a cluster', () => {
  it.each([
    ['unix:///var/run/docker.sock', {}, 'http://docker', '', '/var/run/docker.sock'],
    ['tcp://manager:2375', {}, 'http://manager:2375', '', null],
    ['tcp://manager', {}, 'http://manager:2375', '', null],
    ['tcp://manager', TLS, 'https://manager:2376', '', null],
    ['tcp://manager:80', {}, 'http://manager', '', null],
    ['tcp://[::1]:2375', {}, 'http://[::1]:2375', '', null],
    ['tcp://[::1]', {}, 'http://[::1]:2375', '', null],
    ['http://proxy:2375', {}, 'http://proxy:2375', '', null],
    ['https://swarm.example/engine/', TLS, 'https://swarm.example', '/engine', null],
  ])('%s', (text, tls, origin, basePath, socketPath) => {
    expect(parseClusterAddress(text, tls)).toMatchObject({ origin, basePath, socketPath });
  });

  it.each([
    '',
    'manager:2375',
    'npipe:////./pipe/docker_engine',
    'ssh://me@host',
    'unix://docker.sock',
    'tcp://',
  ])('refuses %j and says what is expected', (text) => {
    expect(() => parseClusterAddress(text)).toThrow(ClusterAddressError);
    expect(() => parseClusterAddress(text)).toThrow(/expected unix:\/\/\//);
  });

  it('shows no password', () => {
    expect(parseClusterAddress('https://me:secret@proxy/x').shown).toBe('https://proxy/x');
    expect(() => parseClusterAddress('ftp://me:secret@proxy')).toThrow(/^(?!.*secret)/);
  });
});
