import { describe, expect, it } from '@jest/globals';

import { actionAt, policy, START } from './healing.arbitrary.js';
import type { HostReport } from './host-access.js';
import { settle } from './settle.js';

const at = (ms: number): Date => new Date(START.getTime() + ms);
const up = (boot: string | null): HostReport => ({ found: 'agent-up', detail: 'it runs', output: '', boot });
const gone: HostReport = { found: 'unreachable', detail: 'no answer', output: '', boot: null };
const reboot = actionAt(0, 'reboot', { end: null, bootBefore: 'boot-1' });
const LIMIT = policy.rebootLimitMs;

describe('an act whose result nobody saw', () => {
  it('a reboot is done when the host is in another boot, and only then (S29)', () => {
    expect(settle(reboot, up('boot-2'), policy, at(1))).toMatchObject({ state: 'done' });
    expect(settle(reboot, up('boot-1'), policy, at(LIMIT - 1))).toBeNull();
    expect(settle(reboot, gone, policy, at(LIMIT - 1))).toBeNull();
  });

  it('a reboot that changes nothing, or whose host stays away, has failed at its limit (S29, S30)', () => {
    expect(settle(reboot, up('boot-1'), policy, at(LIMIT))).toMatchObject({
      state: 'failed',
      detail: 'the host is in the same boot after 600 s: nothing was rebooted',
    });
    expect(settle(reboot, gone, policy, at(LIMIT))).toMatchObject({
      state: 'failed',
      detail: 'the host is not back after 600 s: no answer',
    });
  });

  it('a reboot whose boot was not noted was never carried out, whatever boot the host is in', () => {
    expect(settle({ ...reboot, bootBefore: null }, up('boot-2'), policy, at(1))).toMatchObject({
      state: 'failed',
      detail: 'it was interrupted before anything was executed',
    });
  });

  it('a restart is what the service is now', () => {
    const restart = actionAt(0, 'restart', { end: null });
    expect(settle(restart, up('x'), policy, at(1))).toMatchObject({ state: 'done' });
    const down = { ...up('x'), found: 'agent-down' as const };
    expect(settle(restart, down, policy, at(1))).toMatchObject({ state: 'failed' });
    expect(settle(restart, gone, policy, at(1))).toMatchObject({ state: 'failed' });
  });

  it('another machine in its place settles nothing well (S14)', () => {
    const other: HostReport = { ...up('boot-2'), found: 'wrong-machine' };
    expect(settle(reboot, other, policy, at(1))).toMatchObject({ state: 'failed', found: 'wrong-machine' });
  });
});
