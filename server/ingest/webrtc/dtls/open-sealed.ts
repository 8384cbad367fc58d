import type { DtlsOptions } from './dtls-endpoint.ts';
import { type DtlsRecord, HANDSHAKE } from './dtls-record.ts';
import { type DirectionKeys, openRecord } from './record-cipher.ts';
import type { ReplayWindow } from './replay-window.ts';

/**
 * Opens an encrypted record of the peer. Null: it is dropped, because it is not authentic or came before. A Finished may
 * come again, because its flight is repeated. werift's clients also use its number for their first data.
 */
export function openSealed(
  record: DtlsRecord,
  keys: DirectionKeys,
  replays: ReplayWindow,
  onDropped: DtlsOptions['onDropped'],
): Buffer | null {
  if (record.epoch !== 1) {
    onDropped('dtls-unauthentic');
    return null;
  }
  if (record.type !== HANDSHAKE && !replays.isNew(record.sequence)) {
    onDropped('dtls-replayed');
    return null;
  }
  const plain = openRecord(keys, record);
  if (plain === null) onDropped('dtls-unauthentic');
  return plain;
}
