// A network whose connections break where a test says: before a write reaches the broker, or before its answer comes back.
import type { Address, Network, Socket, SocketHandler } from '../../src/ports/network.js';

/** `write`: bytes on their way to the broker. `answer`: bytes on their way back, which the broker has acted on. */
export type FaultPoint = 'write' | 'answer';

export class FaultyNetwork implements Network {
  /** True breaks the connection at that point. */
  shouldBreak: (point: FaultPoint, address: Address) => boolean = () => false;
  /** True keeps answers from arriving, without breaking anything. */
  isSilent = false;
  broken = 0;

  constructor(private readonly inner: Network) {}

  listen(...parameters: Parameters<Network['listen']>): ReturnType<Network['listen']> {
    return this.inner.listen(...parameters);
  }

  connect(address: Address, handler: SocketHandler): Socket {
    const breaks = (point: FaultPoint): boolean => {
      if (!this.shouldBreak(point, address)) return false;
      this.broken++;
      return true;
    };
    const socket = this.inner.connect(address, {
      onConnect: () => handler.onConnect?.(),
      onData: (chunk) => {
        if (this.isSilent) return;
        if (breaks('answer')) socket.destroy(new Error('broken by the test'));
        else handler.onData(chunk);
      },
      onDrain: () => handler.onDrain?.(),
      onClose: (error) => handler.onClose(error),
    });
    const write = socket.write.bind(socket);
    socket.write = (buffers) => {
      if (!breaks('write')) return write(buffers);
      socket.destroy(new Error('broken by the test'));
      return true;
    };
    return socket;
  }
}
