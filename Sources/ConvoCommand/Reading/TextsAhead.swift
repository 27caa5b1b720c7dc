import ConvoPlatform
import Dispatch
import Synchronization

/// The texts of parts that are read one after the other, of which a thread of its own makes some ahead of the caller.
///
/// The thread reads each part. It makes the part's text as well while the caller still has another one to write, and otherwise
/// hands on the part, of which the caller makes the text: so both are busy until the end. Few parts wait at a time.
struct TextsAhead<Part: Sendable, Text: Sendable>: ~Copyable {
    private let queue = Queue()
    private let make: @Sendable (Part) -> Text
    private let thread: SystemThread?
    /// What the caller reads by itself if the system has no thread to give.
    private var rest: Reading

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - first: the part behind which reading begins.
    ///   - read: reads the part behind another one; `nil` behind the last one.
    ///   - make: makes the text of a part.
    init(
        behind first: Part, reading read: @escaping @Sendable (Part) throws -> Part?,
        _ make: @escaping @Sendable (Part) -> Text
    ) {
        let reading = Reading(last: first, read: read)
        (self.make, rest) = (make, reading)
        thread = SystemThread { [queue] in
            var reading = reading
            do {
                while let part = try reading.next() {
                    guard queue.put(queue.isEmpty ? .part(part) : .text(make(part))) else { return }
                }
                _ = queue.put(.end(nil))
            } catch {
                _ = queue.put(.end(error))
            }
        }
    }

    deinit {
        queue.stop()
        thread?.join()
    }

    /// Blocks until the next text is there; `nil` behind the last one, after which it is not called again.
    ///
    /// - Throws: what reading has thrown, behind the texts of what was read before.
    mutating func next() throws -> Text? {
        guard thread != nil else { return try rest.next().map(make) }
        switch queue.take() {
        case .part(let part): return make(part)
        case .text(let text): return text
        case .end(let error?): throw error
        case .end(nil): return nil
        }
    }
}

extension TextsAhead {
    private struct Reading: Sendable {
        var last: Part
        let read: @Sendable (Part) throws -> Part?

        mutating func next() throws -> Part? {
            guard let part = try read(last) else { return nil }
            last = part
            return part
        }
    }

    private enum Item: Sendable {
        case part(Part)
        case text(Text)
        case end((any Error)?)
    }

    /// What the thread has read and the caller has not yet taken.
    private final class Queue: Sendable {
        private struct State {
            var items: [Item] = []
            var isFull = false
            var isStopped = false
        }

        private static var room: Int { 2 }

        private let state = Mutex(State())
        private let arrived = DispatchSemaphore(value: 0)
        private let left = DispatchSemaphore(value: 0)

        var isEmpty: Bool { state.withLock { $0.items.isEmpty } }

        /// Blocks while there is no room.
        ///
        /// - Returns: whether the item was taken; `false` once the queue is stopped.
        func put(_ item: Item) -> Bool {
            while true {
                let isPut: Bool? = state.withLock { state in
                    guard !state.isStopped else { return false }
                    state.isFull = state.items.count >= Queue.room
                    guard !state.isFull else { return nil }
                    state.items.append(item)
                    return true
                }
                if let isPut {
                    if isPut { arrived.signal() }
                    return isPut
                }
                left.wait()
            }
        }

        func take() -> Item {
            arrived.wait()
            let (item, wasFull) = state.withLock { state in
                defer { state.isFull = false }
                return (state.items.removeFirst(), state.isFull)
            }
            if wasFull { left.signal() }
            return item
        }

        func stop() {
            state.withLock { $0.isStopped = true }
            left.signal()
        }
    }
}
