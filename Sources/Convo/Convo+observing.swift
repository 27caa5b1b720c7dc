public import ConvoStore
import ConvoSync

extension Convo {
    /// The changes that this process and others make to the database from now on.
    ///
    /// The sequence tells every transaction: none is lost, however slow the reader is, and none is invented. It tells changes
    /// that were made while the reader was busy in one element, each conversation once. Nothing is buffered: the database itself
    /// keeps the newest hundred thousand changes, and a reader that is further behind is told so
    /// (``ConvoStore/StoreChanges/isEverythingChanged``). Waiting costs nothing.
    ///
    /// Take the sequence's iterator before you read what you show, so that nothing is missed between the two; or use
    /// ``observe(_:)``.
    public var changes: Changes { Changes(convo: self) }

    /// A value that is read now, and again whenever the database was changed; each that differs from the one before.
    ///
    /// - Parameter read: reads the value. It is called again after any change, one call at a time, so it should read what is
    ///   shown and no more.
    /// - Returns: the values, beginning with the present one; they end when ``close()`` is called or the task is cancelled.
    public func observe<Value: Sendable & Equatable>(
        _ read: @escaping @Sendable (Convo) async throws(ConvoError) -> Value
    ) -> Observation<Value> {
        Observation(convo: self, read: read)
    }

    /// The changes of a database, from the moment on at which the iterator is made.
    public struct Changes: AsyncSequence, Sendable {
        /// The changes since the element before.
        public typealias Element = StoreChanges
        /// ``ConvoError/store(_:)`` if the file was replaced or cannot be read any more.
        public typealias Failure = ConvoError

        let convo: Convo

        /// Begins with what is changed from now on; a change of the last milliseconds may be among it.
        public func makeAsyncIterator() -> Iterator { Iterator(convo: convo, position: convo.feed.position) }

        /// Reads the changes one after the other.
        public struct Iterator: AsyncIteratorProtocol {
            let convo: Convo
            private(set) var position: ChangePosition

            /// Waits for the next changes.
            ///
            /// - Parameter actor: the caller's actor.
            /// - Returns: the changes; `nil` when ``Convo/Convo/close()`` was called or the task is cancelled.
            /// - Throws: ``ConvoError/store(_:)`` if the file was replaced or cannot be read.
            public mutating func next(
                isolation actor: isolated (any Actor)? = #isolation
            ) async throws(ConvoError) -> StoreChanges? {
                let feed = convo.feed
                while true {
                    // Before the checks: a notification between them and the wait ends the wait.
                    let known = feed.event.generation
                    if convo.hasClosed || Task.isCancelled { return nil }
                    if let failure = feed.failure { throw .store(failure) }
                    if feed.position != position {
                        let from = position
                        let changes: StoreChanges
                        do {
                            changes = try await convo.reading { store throws(StoreError) in
                                try store.changes(after: from)
                            }
                        } catch .closed {
                            return nil
                        } catch .cancelled {
                            return nil
                        }
                        position = changes.end
                        if !changes.isEmpty { return changes }
                        // An iterator that has read further than the feed waits until the feed knows of more.
                        if position != from { continue }
                    }
                    await feed.event.wait(after: known)
                }
            }

            /// Waits for the next changes, as ``next(isolation:)`` does.
            ///
            /// - Returns: the changes; `nil` at the end.
            /// - Throws: as ``next(isolation:)``.
            public mutating func next() async throws(ConvoError) -> StoreChanges? {
                try await next(isolation: nil)
            }
        }
    }

    /// The values of ``Convo/Convo/observe(_:)``.
    public struct Observation<Value: Sendable & Equatable>: AsyncSequence, Sendable {
        /// A value.
        public typealias Element = Value
        /// The error of the closure that reads a value, or of ``Changes``.
        public typealias Failure = ConvoError

        let convo: Convo
        let read: @Sendable (Convo) async throws(ConvoError) -> Value

        /// Begins with the value that is read first.
        public func makeAsyncIterator() -> Iterator {
            Iterator(convo: convo, read: read, changes: convo.changes.makeAsyncIterator())
        }

        /// Reads the values one after the other.
        public struct Iterator: AsyncIteratorProtocol {
            let convo: Convo
            let read: @Sendable (Convo) async throws(ConvoError) -> Value
            var changes: Changes.Iterator
            var last: Value?

            /// Reads the first value, or waits for one that differs from the last.
            ///
            /// - Parameter actor: the caller's actor.
            /// - Returns: the value; `nil` when ``Convo/Convo/close()`` was called or the task is cancelled.
            /// - Throws: what reading the value throws; ``ConvoError/store(_:)`` as ``Changes`` does.
            public mutating func next(
                isolation actor: isolated (any Actor)? = #isolation
            ) async throws(ConvoError) -> Value? {
                if convo.hasClosed || Task.isCancelled { return nil }
                if last == nil {
                    last = try await read(convo)
                    return last
                }
                while try await changes.next(isolation: actor) != nil {
                    let value = try await read(convo)
                    guard value != last else { continue }
                    last = value
                    return value
                }
                return nil
            }

            /// Reads the next value, as ``next(isolation:)`` does.
            ///
            /// - Returns: the value; `nil` at the end.
            /// - Throws: as ``next(isolation:)``.
            public mutating func next() async throws(ConvoError) -> Value? { try await next(isolation: nil) }
        }
    }
}
