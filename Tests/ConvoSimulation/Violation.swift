/// One broken promise: its rule, and a sentence that names what is needed to find it in the run.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package enum Rule: CaseIterable, Hashable, Sendable {
        /// An acknowledged write is nowhere: neither on the server nor in the outbox.
        case lostWrite
        /// A write is on the server twice.
        case repeatedWrite
        /// The outbox's state of a write contradicts the server.
        case falseState
        /// A write that waits for a person does not say why.
        case silentRefusal
        /// Two writes are on the server in another order than the one in which the store accepted them.
        case wrongOrder
        /// The mirror differs from the server at a quiet point.
        case mirrorDiffers
        /// Something that was once on our disk, or that the server answered to us, is not there.
        case forgotten
        /// A conversation is marked as deleted, and the server has it.
        case falseDeletion
        /// An entry is marked as dropped after too few readings, and the server has it.
        case falseDrop
        /// Two of our writes were in flight in one conversation at once.
        case overlappingWriters
        /// A write was sent again although nothing proved that the first had failed.
        case blindResend
        /// A request was sent sooner than the back-off or the server allowed.
        case impatient
        /// The run never comes to rest.
        case restless
        /// A write was sent again that the server had refused for good.
        case stubborn
        /// A request breaks the server's schema.
        case malformedRequest
        /// Something of ours is in another account, or something of another account is in our mirror.
        case wrongAccount
        /// A write waits although nothing prevents its delivery, or a person has to wait for minutes.
        case late
        /// A history that cannot be read was requested again and again.
        case wasteful
        /// The request that probes an outage makes the model answer.
        case costlyProbe
    }

    package let rule: Rule
    package let sentence: String
    package var description: String { "\(rule): \(sentence)" }

    package init(_ rule: Rule, _ sentence: String) { (self.rule, self.sentence) = (rule, sentence) }
}

extension [Violation] {
    package mutating func add(_ rule: Violation.Rule, _ sentence: String) { append(Violation(rule, sentence)) }
}
