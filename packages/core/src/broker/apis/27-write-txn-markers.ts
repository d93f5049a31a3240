// WriteTxnMarkers, key 27, versions 1 and 2.
//
// Ends transactions in partitions of this node (T7): coordinators on other nodes send it, and `kafka-transactions abort` for transactions
// that nobody ends any more (KIP-664). A marker of an older epoch is INVALID_PRODUCER_EPOCH, of an older coordinator
// TRANSACTION_COORDINATOR_FENCED (P9); a partition that is not here is UNKNOWN_TOPIC_OR_PARTITION. Version 2 says which protocol the
// transaction followed, so that late markers of the second one are told apart from those of the transaction that is open (KIP-1228).
import { apis } from '../../protocol/api-keys.js';
import type { MarkerWriter } from '../../runtime/transaction-shards.js';
import { served, type ServedApi } from '../request.js';

export function writeTxnMarkers(markers: MarkerWriter): ServedApi {
  return served(apis.writeTxnMarkers, (request) => ({
    markers: request.markers.map(({ topics, transactionResult, ...marker }) => ({
      producerId: marker.producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          errorCode: markers.write(name, partitionIndex, {
            ...marker,
            type: transactionResult ? 'commit' : 'abort',
          }),
        })),
      })),
    })),
  }));
}
