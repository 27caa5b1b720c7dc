import ConvoModel
import Synchronization
import Testing

@testable import ConvoSync

/// A machine that has one step after the other, and after each waits until it was woken as often as it had steps.
private struct Sleeper: StateMachine {
    var steps: ArraySlice<Int>
    /// The moments for which it waits, one after the other, before it waits only to be woken.
    var moments: [Timestamp] = []
    private(set) var wokenCount = 0
    private(set) var finished: [Int] = []
    private(set) var hasChangesToRead = false
    /// Whether it reads what has changed before it ends.
    var reads = true
    private var isUnderWay = false

    init(_ steps: Range<Int> = 0..<0) { self.steps = Array(steps)[...] }

    mutating func next(at now: Timestamp) -> NextAction<Int> {
        if reads { hasChangesToRead = false }
        if isUnderWay { return .wait(until: nil) }
        if !moments.isEmpty { return .wait(until: moments.removeFirst()) }
        guard wokenCount == finished.count else { return .wait(until: nil) }
        guard let step = steps.popFirst() else { return .done }
        isUnderWay = true
        return .step(step)
    }

    mutating func finished(_ step: Int, _ outcome: Int, at now: Timestamp) {
        finished.append(outcome)
        isUnderWay = false
    }

    mutating func woken() {
        wokenCount += 1
        hasChangesToRead = true
    }
}

/// A machine that leaves everything about changes to the protocol's defaults.
private struct Deaf: StateMachine {
    mutating func next(at now: Timestamp) -> NextAction<Int> { .done }
    mutating func finished(_ step: Int, _ outcome: Int, at now: Timestamp) {}
}

@Suite struct `A machine that is run` {
    private let clock = SteppingClock()

    @Test func `hears of each notification, and says how far it has looked`() async {
        let wake = AsyncEvent()
        var seen = wake.generation
        var machine = Sleeper(0..<3)
        let progress = Mutex<[Int]>([])
        let runner = StateMachineRunner<Sleeper>(clock: clock) { step in
            wake.notify()
            return step * 10
        }
        await runner.run(&machine, wake: wake, seen: &seen) { machine in
            progress.withLock { $0.append(machine.finished.count) }
        }
        #expect(machine.finished == [0, 10, 20] && machine.wokenCount == 3)
        #expect(progress.withLock { $0 } == [1, 2, 3])
        #expect(seen == wake.generation)
    }

    @Test func `leaves to its caller what it has not looked at`() async {
        let wake = AsyncEvent()
        let first = wake.generation
        var seen = first
        var machine = Sleeper(0..<2)
        machine.reads = false
        let runner = StateMachineRunner<Sleeper>(clock: clock) { step in
            wake.notify()
            return step
        }
        await runner.run(&machine, wake: wake, seen: &seen)
        #expect(machine.wokenCount == 2)
        #expect(seen == first)
    }

    @Test func `is asked again at each moment that it names, also twice for the same`() async {
        var machine = Sleeper()
        machine.moments = [noon + .seconds(5), noon + .seconds(5), noon + .seconds(3), noon + .seconds(9)]
        let runner = StateMachineRunner<Sleeper>(clock: clock) { $0 }
        await runner.run(&machine)
        #expect(machine.moments.isEmpty)
        #expect(clock.now == noon + .seconds(9))
    }

    /// A clock that is set back by less than the wait shows an earlier time than the moment when that has come.
    @Test func `is asked again at a moment that it names once more because the clock was set back`() async {
        var machine = Sleeper()
        machine.moments = [noon + .seconds(5), noon + .seconds(5)]
        clock.atSleep(1) { [clock] in clock.advance(.seconds(-2)) }
        let runner = StateMachineRunner<Sleeper>(clock: clock) { $0 }
        await runner.run(&machine)
        #expect(machine.moments.isEmpty && clock.sleeps == 2)
    }

    @Test func `is not woken by being cancelled`() async {
        let wake = AsyncEvent()
        let generation = wake.generation
        let runner = StateMachineRunner<Sleeper>(clock: clock) { step in
            withUnsafeCurrentTask { $0?.cancel() }
            return step
        }
        let count = await Task {  // It is awaited here.
            var machine = Sleeper(0..<1)
            var seen = generation
            withUnsafeCurrentTask { $0?.cancel() }
            await runner.run(&machine, wake: wake, seen: &seen)
            return machine.wokenCount
        }.value
        #expect(count == 0)
    }

    @Test func `has nothing to look at unless it says so`() {
        #expect(!Deaf().hasChangesToRead)
        #expect(!PushExecutor.PushOptions().makesRoom)
    }
}
