export { VirtualClock } from "../../runtime/testing/virtual-clock.js";
