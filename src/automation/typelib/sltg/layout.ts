/** "SLTG" */
export const SLTG_MAGIC = 0x47544c53;
