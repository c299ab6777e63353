process.on("message", (request: { id: number; a?: number; b?: number; data?: string }) => {
  const value = request.data ?? (request.a ?? 0) + (request.b ?? 0);
  process.send?.({ id: request.id, value });
});
process.on("disconnect", () => process.exit(0));
