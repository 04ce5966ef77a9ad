import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { hostKeyText, hostKeyTypes, parseHostKeys } from './host-keys.js';

const ONE = `AAAAC3NzaC1lZDI1NTE5${'A'.repeat(48)}`;
const TWO = `AAAAC3NzaC1lZDI1NTE5${'B'.repeat(48)}`;
const parsed = (text: string, address = 'drone-1.example', port = 22): unknown =>
  parseHostKeys(text, address, port);

describe('host keys', () => {
  it('are read from known_hosts lines of that host, and from public keys', () => {
    expect(parsed(`# found\n\ndrone-1.example,10.0.0.7 ssh-ed25519 ${ONE} comment\n`)).toEqual({
      ok: true,
      value: [{ type: 'ssh-ed25519', base64: ONE }],
    });
    expect(parsed(`ssh-ed25519 ${ONE} root@drone-1`)).toMatchObject({ ok: true });
    expect(parsed(`[drone-1.example]:2222 ssh-ed25519 ${ONE}`, 'drone-1.example', 2222)).toMatchObject({
      ok: true,
    });
  });

  it('of other hosts in the same file never let those pass for this one (S14)', () => {
    const text = `gateway.example ssh-ed25519 ${TWO}\ndrone-1.example ssh-ed25519 ${ONE}\n[drone-1.example]:2222 ssh-ed25519 ${TWO}`;
    expect(parsed(text)).toEqual({ ok: true, value: [{ type: 'ssh-ed25519', base64: ONE }] });
    expect(parsed(`gateway.example ssh-ed25519 ${TWO}`)).toMatchObject({
      ok: false,
      error: 'host key: no line is for drone-1.example',
    });
  });

  it('that cannot be compared or trusted are refused, and the line is named (S14)', () => {
    for (const line of [
      `|1|c2FsdA==|aGFzaA== ssh-ed25519 ${ONE}`,
      `@cert-authority *.example ssh-ed25519 ${ONE}`,
      `@revoked drone-1.example ssh-ed25519 ${ONE}`,
      `drone-1.example ssh-dss ${ONE}`,
      `drone-1.example ssh-ed25519 not~base64`,
      'drone-1.example',
    ]) {
      expect(parsed(`\n${line}`)).toMatchObject({
        ok: false,
        error: expect.stringMatching(/^host key, line 2: /),
      });
    }
  });

  it('are the same after they were written and read again', () => {
    const key = fc.record({
      type: fc.constantFrom(...hostKeyTypes),
      base64: fc.string({
        unit: fc.constantFrom('A', 'B', 'c', 'd', '0', '9', '+', '/'),
        minLength: 40,
        maxLength: 80,
      }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 5, selector: hostKeyText }), (keys) => {
        expect(parsed(keys.map(hostKeyText).join('\n'))).toEqual({ ok: true, value: keys });
      }),
    );
  });
});
