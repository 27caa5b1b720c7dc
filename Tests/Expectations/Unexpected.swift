// The whole target.

/// A test found something else than what it needs to go on.
package struct Unexpected: Error, CustomStringConvertible {
    /// What was found, or what is missing.
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The error of `work`, which must fail.
package func error<Value, Failure: Error>(
    of work: () async throws(Failure) -> Value
) async throws -> Failure {
    let value: Value
    do throws(Failure) { value = try await work() } catch { return error }
    throw Unexpected("no error, but \(value)")
}
