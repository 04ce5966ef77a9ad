/** A message on its way out, as the outbox keeps it: by name, so that it is parsed again before it is sent. */
export interface Outgoing {
  /** Identity of the fact; sent as `Nats-Msg-Id`, so that sending twice stores once. */
  readonly id: string;
  /** A name in the registry of messages. */
  readonly message: string;
  readonly payload: unknown;
}
