/** The module of the mathematics of fills in base64. */
export declare const base64: string
