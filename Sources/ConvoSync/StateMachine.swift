public import ConvoModel

/// Rules as a value: what to do next, and what follows from what came of it. No clock, no I/O, no chance inside, so
/// that a simulation can run it step by step and a seed replays a bug.
///
/// Steps may be in flight at once. For each step that ``next(at:)`` gives, ``finished(_:_:at:)`` is called once.
public protocol StateMachine: Sendable {
    associatedtype Step: Sendable
    associatedtype Outcome: Sendable

    /// What to do now. Asked again after each step it gives, until it says wait or done.
    mutating func next(at now: Timestamp) -> NextAction<Step>
    mutating func finished(_ step: Step, _ outcome: Outcome, at now: Timestamp)
    /// Something outside has changed: there may be new work.
    mutating func woken()
    /// Whether it has still to look at what has changed outside. One that ends before it could leaves that to the next.
    var hasChangesToRead: Bool { get }
}

extension StateMachine {
    public mutating func woken() {}
    public var hasChangesToRead: Bool { false }
}

public enum NextAction<Step: Sendable>: Sendable {
    case step(Step)
    /// Nothing until a step in flight has finished, the machine is woken, or that moment has come.
    case wait(until: Timestamp?)
    /// Nothing more; no step is in flight.
    case done
}
