import { unreachable } from "../base/assert.ts";
import { encode } from "../base/codec.ts";
import type { Decoded } from "../rsm/state/state-machine.ts";
import { expectFields, refusalOf, requestFields, unknownOperation, wholeField } from "../rsm/request-fields.ts";
import { type ByteLimits, keyField, optionalValueField, valueField } from "./checks.ts";

/** Sets a key. */
export interface Put {
  readonly op: "put";
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Puts bytes behind the value of a key; an absent key gets them alone. */
export interface Append {
  readonly op: "append";
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Sets a key, and tells what it had. */
export interface Swap {
  readonly op: "swap";
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface Delete {
  readonly op: "delete";
  readonly key: Uint8Array;
}

/** Sets or deletes a key if it has what is expected; nothing stands for an absent key, and for a deletion. */
export interface Cas {
  readonly op: "cas";
  readonly key: Uint8Array;
  readonly expected: Uint8Array | undefined;
  readonly value: Uint8Array | undefined;
}

/** Sets a key if it is at a version; 0 for one that is absent. */
export interface PutVersion {
  readonly op: "put_version";
  readonly key: Uint8Array;
  readonly version: number;
  readonly value: Uint8Array;
}

/** What changes a key. Keys and values are opaque bytes. */
export type KvCommand = Put | Append | Swap | Delete | Cas | PutVersion;

const operations = { put: 1, append: 2, swap: 3, delete: 4, cas: 5, put_version: 6 } as const;
const known = "1 (put), 2 (append), 3 (swap), 4 (delete), 5 (compare and set) and 6 (put at a version)";
/** A command is one list of few fields: nothing else is even decoded. */
const wire = { depthMax: 1, elementsMax: 8 };

/** A list: the number of the operation, the key, and what else the operation takes. */
export function encodeCommand(command: KvCommand): Uint8Array {
  const { op, key } = command;
  const operation = operations[op];
  switch (op) {
    case "put":
    case "append":
    case "swap":
      return encode([operation, key, command.value]);
    case "delete":
      return encode([operation, key]);
    case "cas":
      return encode([operation, key, command.expected ?? null, command.value ?? null]);
    case "put_version":
      return encode([operation, key, command.version, command.value]);
    default:
      return unreachable(op);
  }
}

/**
 * Checks a client's bytes once and for all. Whether the key is in the request's shard is seen when it is applied. Key and value may be
 * views into `bytes`, however large the memory around them is: a command is executed at once, and the rows copy what they keep of it.
 */
export function decodeCommand(bytes: Uint8Array, limits: ByteLimits): Decoded<KvCommand> {
  const quick = quickCommand(bytes, limits);
  if (quick !== undefined) return { ok: true, value: quick };
  const fields = requestFields(bytes, wire, "A command");
  if (!fields.ok) return fields;
  try {
    return { ok: true, value: unpack(fields.value, limits) };
  } catch (error) {
    return refusalOf(error);
  }
}

const keyAndValue = ["put", "append", "swap"] as const;
/** In MessagePack, a list of three; and byte strings with one byte, or two, for their length. */
const [listOfThree, shortBytes, longBytes] = [0x93, 0xc4, 0xc5];

/**
 * What nearly all commands are, without a detour over lists: a put, an append or a swap of a short key and a value below 64 KiB, with
 * the shortest heads. Undefined for everything else, be it right or wrong.
 */
function quickCommand(bytes: Uint8Array, limits: ByteLimits): KvCommand | undefined {
  const op = keyAndValue[(bytes[1] ?? 0) - operations.put];
  if (bytes[0] !== listOfThree || op === undefined || bytes[2] !== shortBytes) return undefined;
  const keyEnd = 4 + (bytes[3] as number);
  const head = bytes[keyEnd];
  const valueAt = keyEnd + (head === shortBytes ? 2 : 3);
  if ((head !== shortBytes && head !== longBytes) || valueAt > bytes.length) return undefined;
  const length = head === shortBytes ? bytes[keyEnd + 1] : ((bytes[keyEnd + 1] as number) << 8) | (bytes[keyEnd + 2] as number);
  if (valueAt + (length as number) !== bytes.length) return undefined;
  if (keyEnd - 4 > limits.keyBytesMax || bytes.length - valueAt > limits.valueBytesMax) return undefined;
  return { op, key: bytes.subarray(4, keyEnd), value: bytes.subarray(valueAt) };
}

function unpack(fields: readonly unknown[], limits: ByteLimits): KvCommand {
  switch (fields[0]) {
    case operations.put:
      expectFields(fields, 3, "A put has a key and a value");
      return { op: "put", key: keyField(fields[1], limits), value: valueField(fields[2], limits) };
    case operations.append:
      expectFields(fields, 3, "An append has a key and a value");
      return { op: "append", key: keyField(fields[1], limits), value: valueField(fields[2], limits) };
    case operations.swap:
      expectFields(fields, 3, "A swap has a key and a value");
      return { op: "swap", key: keyField(fields[1], limits), value: valueField(fields[2], limits) };
    case operations.delete:
      expectFields(fields, 2, "A delete has a key");
      return { op: "delete", key: keyField(fields[1], limits) };
    case operations.cas:
      return unpackCas(fields, limits);
    case operations.put_version:
      return unpackPutVersion(fields, limits);
    default:
      throw unknownOperation(fields[0], known);
  }
}

function unpackCas(fields: readonly unknown[], limits: ByteLimits): Cas {
  expectFields(fields, 4, "A compare and set has a key, an expected value or nil, and a value or nil");
  const expected = optionalValueField(fields[2], limits);
  return { op: "cas", key: keyField(fields[1], limits), expected, value: optionalValueField(fields[3], limits) };
}

function unpackPutVersion(fields: readonly unknown[], limits: ByteLimits): PutVersion {
  expectFields(fields, 4, "A put at a version has a key, a version and a value");
  const version = wholeField(fields[2], "version", 0);
  return { op: "put_version", key: keyField(fields[1], limits), version, value: valueField(fields[3], limits) };
}
