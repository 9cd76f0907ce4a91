/** References in results, chained: `drawer.open("a").open("b").label()`. */

/** @remote */
export interface Drawer {
  label(): Promise<string>;
  open(name: string): Promise<Drawer>;
}
