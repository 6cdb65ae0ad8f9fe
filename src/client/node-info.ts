/**
 * node_info with the device's key in it, if the text is a JSON object that has none yet. All else stays as it was written,
 * and what is no JSON object is left for the tower to refuse.
 */
export function withPublicKey(nodeInfo: string, publicKey: string): string {
  let value: unknown;
  try {
    value = JSON.parse(nodeInfo);
  } catch {
    return nodeInfo;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return nodeInfo;
  if (Object.hasOwn(value, 'public_key')) return nodeInfo;
  const rest = nodeInfo.slice(nodeInfo.indexOf('{') + 1);
  return `{"public_key":"${publicKey}"${Object.keys(value).length === 0 ? '' : ','}${rest}`;
}
