export type { Cancel, Clock } from "./clock.ts";
export type { Env } from "./env.ts";
export type { Cell, KeyRange, PageLimits, Row, Storage, StorageView, WriteOp, WriteOptions } from "./storage.ts";
export type { Transport } from "./transport.ts";
