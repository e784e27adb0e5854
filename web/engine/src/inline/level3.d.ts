/** The engine's module that knows orders, too, in base64. */
export declare const base64: string
