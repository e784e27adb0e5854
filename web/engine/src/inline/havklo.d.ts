/** The engine's module for books of levels in base64. */
export declare const base64: string
