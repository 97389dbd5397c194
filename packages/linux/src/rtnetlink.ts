const RTM_NEWLINK = 16;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const IFF_UP = 1;

/** The rtnetlink message that sets a link up. @param index 1 is `lo` in every network namespace */
export function linkUpMessage(index: number): Uint8Array {
  const message = Buffer.alloc(32);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(RTM_NEWLINK, 4);
  message.writeUInt16LE(NLM_F_REQUEST | NLM_F_ACK, 6);
  message.writeUInt32LE(1, 8);
  // struct ifinfomsg: family, padding, type, index, flags, and the mask of flags that change.
  message.writeInt32LE(index, 20);
  message.writeUInt32LE(IFF_UP, 24);
  message.writeUInt32LE(IFF_UP, 28);
  return message;
}
