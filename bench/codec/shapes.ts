/** What bench/codec encodes and decodes. */
import type { int32, int53 } from "peerwire";

export interface Order {
  id: string;
  customer: Customer;
  status: "new" | "paid" | "sent";
  placedAt: int53;
  lines: OrderLine[];
  note?: string;
  total: number;
}
export interface Customer {
  id: string;
  name: string;
  email: string;
  address: Address;
}
export interface Address {
  street: string;
  city: string;
  zip: string;
  country: string;
}
export interface OrderLine {
  sku: string;
  title: string;
  quantity: int32;
  price: number;
  gift: boolean;
  tags: string[];
}

export interface Small {
  id: int32;
  name: string;
  active: boolean;
}

export interface Drawing {
  parts: Part[];
}
export type Part = Circle | Box | Label | Arrow;
export interface Circle {
  kind: "circle";
  x: number;
  y: number;
  radius: number;
}
export interface Box {
  kind: "box";
  x: number;
  y: number;
  width: number;
  height: number;
  filled: boolean;
}
export interface Label {
  kind: "label";
  x: number;
  y: number;
  text: string;
}
export interface Arrow {
  kind: "arrow";
  from: string;
  to: string;
}

export interface Samples {
  sensor: string;
  at: int53;
  values: number[];
  counts: int32[];
  raw: Uint8Array;
}

/** @remote */
export interface Codecs {
  order(value: Order): Promise<void>;
  small(value: Small): Promise<void>;
  drawing(value: Drawing): Promise<void>;
  samples(value: Samples): Promise<void>;
}
