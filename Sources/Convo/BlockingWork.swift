import Dispatch

/// Runs work that blocks on threads of its own, so that no thread of Swift's pool waits for a disk.
final class BlockingWork: Sendable {
    private let queue: DispatchQueue

    /// - Parameters:
    ///   - label: the name of the threads.
    ///   - isSerial: whether one piece of work waits for the one before.
    init(label: String, isSerial: Bool) {
        queue = isSerial ? DispatchQueue(label: label) : DispatchQueue(label: label, attributes: .concurrent)
    }

    /// Runs work, which is never cancelled: a transaction ends as it would have.
    func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(Failure) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Hands over work, and returns at once; serial work is done in the order in which it was handed over.
    ///
    /// - Parameter work: as ``run(_:)``'s.
    /// - Returns: what waits for the work's value.
    func begin<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) -> Task<Result<Value, Failure>?, Never> {
        let (results, continuation) = AsyncStream.makeStream(of: Result<Value, Failure>.self)
        queue.async {
            do throws(Failure) {
                continuation.yield(.success(try work()))
            } catch {
                continuation.yield(.failure(error))
            }
        }
        return Task { await results.first { _ in true } }
    }
}
