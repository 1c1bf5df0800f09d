/** One-way pictures of passwords, made slowly on purpose. What goes in is never kept. */
export interface Passwords {
  hash(password: string): Promise<string>
}
