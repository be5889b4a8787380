/** Where results go that nobody wants: kept, so that no compiler can leave out the work. Tooling. */
export const sink: { last: unknown } = { last: undefined }
