/** A list of references, which can be mapped over. */

/** @remote */
export interface Device {
  label(): Promise<string>;
}

/** @remote */
export interface Rack {
  devices(): Promise<Device[]>;
}
