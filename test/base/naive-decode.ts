/** A value that `naiveDecode` refuses. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** What a decoder may answer with. */
export type Decoded = number | string | boolean | null | Uint8Array | Decoded[];

/**
 * MessagePack as its specification has it, narrowed to what our wires allow: the obvious, slow, recursive way, to hold the codec
 * against. Throws `Refused`.
 */
export function naiveDecode(bytes: Uint8Array, depthMax = 8, elementsMax = 65_536): Decoded {
  const reader = new Reader(bytes, depthMax, elementsMax);
  const whole = reader.value(0);
  refuseUnless(reader.left === 0, "more behind it");
  return whole;
}

function refuseUnless(condition: boolean, why: string): void {
  if (!condition) throw new Refused(why);
}

function integer(value: number): number {
  refuseUnless(Number.isSafeInteger(value) && !Object.is(value, -0), "no safe integer");
  return value;
}

function wide(value: bigint): number {
  refuseUnless(value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER), "no safe integer");
  return Number(value);
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #depthMax: number;
  #elementsLeft: number;
  #at = 0;

  constructor(bytes: Uint8Array, depthMax: number, elementsMax: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#depthMax = depthMax;
    this.#elementsLeft = elementsMax;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  value(depth: number): Decoded {
    const head = this.#u8();
    if (head <= 0x7f) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head >= 0x90 && head <= 0x9f) return this.#array(head - 0x90, depth);
    if (head >= 0xa0 && head <= 0xbf) return this.#text(head - 0xa0);
    if (head === 0xc0) return null;
    if (head === 0xc2) return false;
    if (head === 0xc3) return true;
    if (head === 0xc4) return this.#data(this.#u8());
    if (head === 0xc5) return this.#data(this.#u16());
    if (head === 0xc6) return this.#data(this.#u32());
    if (head === 0xcb) return integer(this.#view.getFloat64(this.#take(8)));
    if (head === 0xcc) return this.#u8();
    if (head === 0xcd) return this.#u16();
    if (head === 0xce) return this.#u32();
    if (head === 0xcf) return wide(this.#view.getBigUint64(this.#take(8)));
    if (head === 0xd0) return this.#view.getInt8(this.#take(1));
    if (head === 0xd1) return this.#view.getInt16(this.#take(2));
    if (head === 0xd2) return this.#view.getInt32(this.#take(4));
    if (head === 0xd3) return wide(this.#view.getBigInt64(this.#take(8)));
    if (head === 0xd9) return this.#text(this.#u8());
    if (head === 0xda) return this.#text(this.#u16());
    if (head === 0xdb) return this.#text(this.#u32());
    if (head === 0xdc) return this.#array(this.#u16(), depth);
    if (head === 0xdd) return this.#array(this.#u32(), depth);
    throw new Refused(`the head ${head.toString(16)}`);
  }

  #array(length: number, depth: number): Decoded[] {
    refuseUnless(depth < this.#depthMax, "too deep");
    this.#elementsLeft -= length;
    refuseUnless(this.#elementsLeft >= 0, "too many");
    const values: Decoded[] = [];
    for (let i = 0; i < length; i += 1) values.push(this.value(depth + 1));
    return values;
  }

  #text(length: number): string {
    const raw = this.#data(length);
    refuseUnless(!(raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf), "a byte order mark");
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    } catch (cause) {
      throw new Refused("no UTF-8", { cause });
    }
  }

  #data(length: number): Uint8Array {
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  #u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** The position of the next `length` bytes, which are taken by this. */
  #take(length: number): number {
    refuseUnless(length <= this.left, "cut off");
    this.#at += length;
    return this.#at - length;
  }
}
