/**
 * `peerwire/testing`: for tests of programs that use peerwire. Two peers in one process, the wire between them, and time,
 * all in the hands of the test. Not for production: nothing here is fast.
 */
export { type LinkOptions, type LinkedPeers, linkPeers } from "./testing/linked-peers.js";
export { type Breakage, TestWire, type TestWireOptions } from "./testing/test-wire.js";
export { VirtualClock } from "./testing/virtual-clock.js";
