/** What connection points refuse with. */
export const ConnectStatus = {
  /** There is no connection of this number, or no connection point of this interface. */
  NOCONNECTION: 0x80040200,
  /** The connection point takes no more sinks. */
  ADVISELIMIT: 0x80040201,
  /** The sink does not have the interface that is called. */
  CANNOTCONNECT: 0x80040202,
} as const;
