import type { Socket } from "node:net";
import { Packr } from "msgpackr";

const packr = new Packr({ useRecords: false });
const headBytes = 4;

export function pack(message: unknown): Buffer {
  return packr.pack(message);
}

/** Messages with their length before them over a socket; gives what sends one. */
export function framed(socket: Socket, receive: (message: never) => void): (message: unknown) => void {
  let rest: Buffer | undefined;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (arrived: Buffer) => {
    const data = rest === undefined ? arrived : Buffer.concat([rest, arrived]);
    let at = 0;
    while (data.length - at >= headBytes) {
      const end = at + headBytes + data.readUInt32BE(at);
      if (data.length < end) break;
      receive(packr.unpack(data.subarray(at + headBytes, end)) as never);
      at = end;
    }
    rest = at < data.length ? data.subarray(at) : undefined;
  });
  return (message) => {
    const body = packr.pack(message);
    const frame = Buffer.allocUnsafe(headBytes + body.length);
    frame.writeUInt32BE(body.length, 0);
    body.copy(frame, headBytes);
    socket.write(frame);
  };
}
