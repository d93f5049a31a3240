// Decides how the epoch of a consumer group is read where the rest of its record says nothing to us.
import { int32 } from '../schema/field.js';
import { message } from '../schema/message.js';

/**
 * ConsumerGroupMetadataValue without its hash: Kafka's takes all 64 bits, more than a number holds. It could not be compared with
 * ours anyway; the group looks at its topics once and goes on.
 */
export const consumerGroupEpochValue = message({
  name: 'ConsumerGroupMetadataValue',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    epoch: int32(),
  },
});
