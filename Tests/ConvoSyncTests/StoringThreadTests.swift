import ConvoSync
import Dispatch
import Synchronization
import Testing

@Suite struct `The thread for steps that wait` {
    private final class Count: Sendable {
        let value = Atomic(0)
    }

    /// The test would hang if the steps ran on threads of Swift's pool.
    @Test func `is none of those that fetch, and does one step after the other`() async {
        let thread = StoringThread()
        let blocked = DispatchSemaphore(value: 0)
        let begun = Count()
        await withTaskGroup(of: Void.self) { group in
            for number in 1...64 {
                group.addTask(executorPreference: thread) {
                    begun.value.wrappingAdd(1, ordering: .relaxed)
                    blocked.waitForSignal()
                    #expect(begun.value.load(ordering: .relaxed) == number)
                }
            }
            await withTaskGroup(of: Void.self) { fetching in  // ends while the steps are blocked, or never
                for _ in 0..<64 { fetching.addTask { await Task.yield() } }
            }
            for _ in 0..<64 { blocked.signal() }
        }
        #expect(begun.value.load(ordering: .relaxed) == 64)
    }
}

extension DispatchSemaphore {
    fileprivate func waitForSignal() { wait() }
}
