import { outgoing, type HealingAnswered, type HealingAsked } from '@swarm/contracts';
import { hostKeyText, hostKinds, MAX_CONSENT_MS, parseHostKeys, type DroneHost } from '@swarm/domain-healing';

import type { LadderPorts } from '../healer.ports.js';
import type { HealingRecord } from './healing-record.js';

type Ports = Pick<LadderPorts, 'hosts' | 'healing' | 'access' | 'clock' | 'newId' | 'log'>;
type Answer = Omit<HealingAnswered, 'requestId'>;
type Wish<K extends HealingAsked['wish']['kind']> = Extract<HealingAsked['wish'], { kind: K }>;

const done: Answer = { outcome: 'done', reason: '', scan: null, until: null };

/** What operators ask of the healer. Each may be asked twice. */
export class AnswerOperator {
  constructor(
    private readonly ports: Ports,
    private readonly record: HealingRecord,
  ) {}

  async execute({ requestId, wish }: HealingAsked): Promise<HealingAnswered> {
    const answer = await this.#answer(wish);
    this.ports.log.info(
      { requestId, kind: wish.kind, outcome: answer.outcome, reason: answer.reason },
      'asked',
    );
    return { requestId, ...answer };
  }

  #answer(wish: HealingAsked['wish']): Promise<Answer> {
    switch (wish.kind) {
      case 'set-host':
        return this.#setHost(wish);
      case 'scan':
        return this.#scan(wish);
      case 'confirm-reboot':
        return this.#confirm(wish);
    }
  }

  async #setHost({ drone, host: given, author }: Wish<'set-host'>): Promise<Answer> {
    const { hosts, clock, newId } = this.ports;
    const { kind, address, port, isProtected = hostKinds[kind].isProtected, ...same } = given;
    const keys = parseHostKeys(given.hostKeys.join('\n'), address, port);
    if (!keys.ok) return { ...done, outcome: 'refused', reason: keys.error };
    const now = clock.now();
    const host: DroneHost = {
      ...{ ...same, drone, kind, address, port, isProtected },
      ...{ hostKeys: keys.value, since: now, by: author },
    };
    const id = newId();
    const moved = { id, at: now.toISOString(), drone, address: `${address}:${port}`, by: author };
    await hosts.put(host, [outgoing('HostMoved', id, moved)]);
    return done;
  }

  async #scan({ address, port, user }: Wish<'scan'>): Promise<Answer> {
    const { keys, machineId, note } = await this.ports.access.scan({ address, port, user });
    if (keys.length === 0) return { ...done, outcome: 'refused', reason: `address: ${note}` };
    const lines = keys.map(({ key, fingerprint }) => ({ line: hostKeyText(key), fingerprint }));
    return { ...done, scan: { keys: lines, machineId, note } };
  }

  async #confirm({ drone, forMs, author }: Wish<'confirm-reboot'>): Promise<Answer> {
    const { healing, clock } = this.ports;
    if (forMs > MAX_CONSENT_MS) {
      return { ...done, outcome: 'refused', reason: 'forMs: a confirmation holds for a day at most' };
    }
    const request = (await healing.openRequests()).find((open) => open.drone === drone);
    const nobody: Answer = {
      ...done,
      outcome: 'unknown',
      reason: `the swarm does not ask to reboot ${drone}`,
    };
    if (!request) return nobody;
    const at = clock.now();
    const until = new Date(at.getTime() + forMs);
    const isOpen = await this.record.confirm(request, { by: author, at, until });
    return isOpen ? { ...done, until: until.toISOString() } : nobody;
  }
}
