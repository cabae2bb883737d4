import { describe, expect, it } from 'vitest';
import { ClusterAddressError } from '../wire/cluster-address.ts';
import { bearerOf, parseSwarmpitAddress } from './address.ts';

describe('the address of Swarmpit', () => {
  it.each([
    ['http://swarmpit:8080', 'http://swarmpit:8080', ''],
    ['http://swarmpit:8080/', 'http://swarmpit:8080', ''],
    ['http://swarmpit:8080/api', 'http://swarmpit:8080', ''],
    ['http://swarmpit:8080/api/', 'http://swarmpit:8080', ''],
    ['https://ops.example/swarmpit', 'https://ops.example', '/swarmpit'],
    ['https://ops.example/swarmpit/api', 'https://ops.example', '/swarmpit'],
    ['https://ops.example/rapi', 'https://ops.example', '/rapi'],
  ])('%s', (text, origin, basePath) => {
    expect(parseSwarmpitAddress(text)).toMatchObject({ origin, basePath });
  });

  it.each(['', 'swarmpit:8080', 'unix:///var/run/docker.sock', 'tcp://swarmpit:8080'])(
    'is not %j',
    (text) => {
      expect(() => parseSwarmpitAddress(text)).toThrow(ClusterAddressError);
    },
  );
});

describe('the token of Swarmpit', () => {
  it.each([
    ['ey.x.y', 'Bearer ey.x.y'],
    ['Bearer ey.x.y', 'Bearer ey.x.y'],
    ['bearer  ey.x.y\n', 'Bearer ey.x.y'],
    ['', null],
    ['Bearer ', null],
    ['two words', null],
    ['a\r\nX-Evil: 1', null],
  ])('%j is sent as %j', (token, header) => {
    expect(bearerOf(token)).toBe(header);
  });
});
