/** How one number of the network is named: in the address, in a query, in words. */

/** The path of a unit's view. */
export function unitPath({ layer, channel, y, x }) {
  const where = y === null || y === undefined ? `${channel}` : `${channel}/${y}/${x}`;
  return `/number/${encodeURIComponent(layer.name ?? layer)}/${where}`;
}

/** A unit as the API's queries have it. */
export function unitQuery({ layer, channel, y, x }) {
  return { layer: layer.name ?? layer, channel, y, x };
}

/** A unit in words. */
export function unitName({ channel, y, x }) {
  return y === null || y === undefined ? `number ${channel}` : `channel ${channel}, y ${y}, x ${x}`;
}
