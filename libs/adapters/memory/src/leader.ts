/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import type { Fence } from '@swarm/kernel';

import type { MemoryStore } from './memory-store.js';

export interface Leadership extends AsyncDisposable {
  readonly epoch: bigint;
  readonly fence: Fence;
  readonly lost: AbortSignal;
  abandon(reason: Error): void;
  release(): Promise<void>;
}

export interface Leader {
  acquire(signal?: AbortSignal): Promise<Leadership>;
}

/** A lock of the store: those who wait for it get it in turn. It is lost only when it is abandoned. */
export class MemoryLeader implements Leader {
  constructor(
    private readonly store: MemoryStore,
    private readonly lockName: string,
  ) {}

  async acquire(signal?: AbortSignal): Promise<Leadership> {
    const lock = this.#lock();
    while (lock.isHeld) await turn(lock.waiting, signal);
    signal?.throwIfAborted();
    lock.isHeld = true;
    lock.epoch++;
    let isReleased = false;
    const release = async (): Promise<void> => {
      if (isReleased) return;
      isReleased = true;
      lock.isHeld = false;
      for (const wake of lock.waiting) wake();
    };
    const { epoch } = lock;
    const lost = new AbortController();
    return {
      epoch,
      fence: { lock: this.lockName, epoch },
      lost: lost.signal,
      abandon: (reason) => lost.abort(reason),
      release,
      [Symbol.asyncDispose]: release,
    };
  }

  #lock() {
    const known = this.store.locks.get(this.lockName);
    const lock = known ?? { epoch: 0n, isHeld: false, waiting: new Set<() => void>() };
    this.store.locks.set(this.lockName, lock);
    return lock;
  }
}

function turn(waiting: Set<() => void>, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = (): void => {
      waiting.delete(wake);
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const stop = (): void => {
      waiting.delete(wake);
      reject(signal?.reason as Error);
    };
    if (signal?.aborted) {
      stop();
      return;
    }
    signal?.addEventListener('abort', stop, { once: true });
    waiting.add(wake);
  });
}
