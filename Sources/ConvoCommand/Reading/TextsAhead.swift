import ConvoPlatform
import Dispatch
import Synchronization

/// The texts of parts that are read one after the other, of which a thread of its own makes some ahead of the caller.
///
/// The thread reads each part. It makes the part's text as well while the caller still has another one to write, and otherwise
/// hands on the part, of which the caller makes the text: so both are busy until the end. Few parts wait at a time.
struct TextsAhead<Part: Sendable, Text: Sendable>: ~Copyable {
    private let queue: Queue
    private let make: @Sendable (Part, inout Text) -> Void
    private let thread: SystemThread?
    /// What the caller reads by itself if the system has no thread to give.
    private var rest: Reading

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - first: the part behind which reading begins.
    ///   - empty: a text that nothing was written to.
    ///   - read: reads the part behind another one; `nil` behind the last one.
    ///   - make: replaces a text by that of a part, and uses its memory.
    init(
        behind first: Part, _ empty: Text, reading read: @escaping @Sendable (Part) throws -> Part?,
        _ make: @escaping @Sendable (Part, inout Text) -> Void
    ) {
        let (queue, reading) = (Queue(empty), Reading(last: first, read: read))
        (self.queue, self.make, rest) = (queue, make, reading)
        thread = SystemThread {
            var reading = reading
            do {
                while let part = try reading.next() {
                    guard queue.put(queue.isEmpty ? .part(part) : .text(queue.text(of: part, make))) else { return }
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

    /// Blocks until the next text is there.
    ///
    /// - Parameter text: an earlier text, which is replaced by the next one.
    /// - Returns: whether there is one; once there is none, it is not called again.
    /// - Throws: what reading has thrown, behind the texts of what was read before.
    mutating func next(_ text: inout Text) throws -> Bool {
        guard thread != nil else {
            guard let part = try rest.next() else { return false }
            make(part, &text)
            return true
        }
        switch queue.take() {
        case .part(let part): make(part, &text)
        case .text(let made):
            queue.giveBack(text)
            text = made
        case .end(let error?): throw error
        case .end(nil): return false
        }
        return true
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
            /// Texts that are written, whose memory the next ones get: the C library would map it anew for each.
            var written: [Text] = []
            var isFull = false
            var isStopped = false
        }

        private static var room: Int { 2 }

        private let empty: Text
        private let state = Mutex(State())
        private let arrived = DispatchSemaphore(value: 0)
        private let left = DispatchSemaphore(value: 0)

        init(_ empty: Text) { self.empty = empty }

        var isEmpty: Bool { state.withLock { $0.items.isEmpty } }

        /// Makes the text of a part, of the memory of a text that is written if there is one.
        func text(of part: Part, _ make: (Part, inout Text) -> Void) -> Text {
            var text = state.withLock { $0.written.popLast() } ?? empty
            make(part, &text)
            return text
        }

        func giveBack(_ text: Text) { state.withLock { $0.written.append(text) } }

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
