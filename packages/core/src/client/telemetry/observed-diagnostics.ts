// Decides that lines for the log are events too, whatever becomes of them in the log.
import type { Diagnostics } from '../../ports/diagnostics.js';
import type { EventChannel } from '../../ports/event-channels.js';
import type { LogEvent } from './event-types.js';

export function observedDiagnostics(diagnostics: Diagnostics, channel: EventChannel<LogEvent>): Diagnostics {
  return {
    log(level, message, fields = {}) {
      if (channel.hasSubscribers) channel.publish({ level, message, fields });
      diagnostics.log(level, message, fields);
    },
  };
}
